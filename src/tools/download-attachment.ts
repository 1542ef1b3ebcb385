import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import type { Attachment } from "../core/contract/field.js";
import { need } from "../core/places/capability.js";
import { locate } from "../core/places/locate.js";
import { readRowsById } from "../core/read/read.js";
import { fieldNamed } from "../core/values/names.js";
import * as schemas from "./schemas.js";
import { noteLines, plural } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";

/** Content in an answer: text up to 1 MB, images up to 5 MB in all. */
const TEXT_BYTES = 1_000_000;
const IMAGE_BYTES = 5_000_000;
const IMAGES: ReadonlySet<string> = new Set([
	"image/png",
	"image/jpeg",
	"image/gif",
	"image/webp",
]);
const TEXTS = /^(text\/|application\/(json|xml|x-yaml|csv|javascript)\b)/;

export const downloadAttachmentTool = defineTool({
	name: "download_attachment",
	toolset: "files",
	title: "Download attachments",
	description:
		"Get files out of an attachment field: as files in the files folder, as links, or as content (images and text up to 1 MB shown here).",
	input: z.object({
		table: schemas.table,
		field: z.string(),
		record_ids: z.array(z.string()).min(1),
		name: z.string().optional().describe("Only the attachment of this name"),
		as: z.enum(["file", "link", "content"]).optional(),
		folder: z.string().optional().describe("Inside the files folder"),
	}),
	output: z.looseObject({
		attachments: z.array(z.unknown()),
		notes: z.array(z.string()),
	}),
	hints: {
		readOnlyHint: true,
		destructiveHint: false,
		idempotentHint: true,
		openWorldHint: true,
	},
	needs: ["downloadFile"],
	async run(
		{ table, field: fieldName, record_ids, name, as = "file", folder },
		session,
		running,
	) {
		const located = await locate(session, table, running);
		const download = need(located, "downloadFile");
		const { item: field } = fieldNamed(located.table, fieldName);
		if (field.type !== "attachment")
			throw new TablesError(
				"bad_argument",
				`"${field.name}" is ${field.type}, not attachment`,
			);
		const rows = await readRowsById(
			located,
			record_ids,
			{ fields: [field] },
			running.call,
		);
		const notes = [
			...located.notes,
			...record_ids
				.filter((id) => !rows.has(id))
				.map((id) => `no such record: ${id}`),
		];
		const wanted = [...rows.values()].flatMap((row) =>
			((row.cells[field.id] ?? []) as readonly Attachment[])
				.filter((attachment) => name === undefined || attachment.name === name)
				.map((attachment) => ({ record: row.id, attachment })),
		);
		if (wanted.length === 0)
			notes.push(
				name === undefined
					? `"${field.name}" is empty in these records`
					: `no attachment "${name}" in these records`,
			);
		const attachments: Record<string, unknown>[] = [];
		const lines: string[] = [];
		const blocks: NonNullable<ToolAnswer["blocks"]>[number][] = [];
		let imageBytes = 0;
		for (const [index, { record, attachment }] of wanted.entries()) {
			running.progress(index, wanted.length, attachment.name);
			const cell = { field, record, attachment };
			const facts = {
				record,
				name: attachment.name,
				size: attachment.size,
				type: attachment.type,
			};
			if (as === "link") {
				const link = await located.adapter.readFileLink?.(
					located.table,
					cell,
					running.call,
				);
				if (link === undefined)
					notes.push(
						`${located.connection.title} has no links: use as: "file"`,
					);
				attachments.push({ ...facts, link: link ?? null });
				lines.push(`${record} ${attachment.name}: ${link ?? "no link"}`);
			} else if (as === "file") {
				const path = await session.files.ownFile(
					[folder, record, safeName(attachment.name)]
						.filter((part) => part !== undefined)
						.join("/"),
				);
				const bytes = await session.files.save(
					path,
					await download(located.table, cell, running.call),
				);
				attachments.push({ ...facts, file: path, bytes });
				lines.push(`${record} ${attachment.name}: ${path} (${bytes} bytes)`);
			} else {
				const type = attachment.type ?? "";
				const isImage = IMAGES.has(type);
				const most = isImage
					? IMAGE_BYTES - imageBytes
					: TEXTS.test(type)
						? TEXT_BYTES
						: 0;
				const bytes =
					most > 0
						? await collect(
								await download(located.table, cell, running.call),
								most,
							)
						: undefined;
				attachments.push({ ...facts, shown: bytes !== undefined });
				if (bytes === undefined)
					lines.push(
						`${record} ${attachment.name} (${type || "unknown type"}, ${attachment.size ?? "?"} bytes): not shown; use as: "file"`,
					);
				else if (isImage) {
					imageBytes += bytes.length;
					blocks.push({
						type: "image",
						data: bytes.toString("base64"),
						mimeType: type,
					});
					lines.push(
						`${record} ${attachment.name}: image ${blocks.length} below`,
					);
				} else
					lines.push(
						`${record} ${attachment.name}:\n${bytes.toString("utf8")}`,
					);
			}
		}
		return {
			text: [
				plural(wanted.length, "attachment"),
				...lines,
				...noteLines(notes),
			].join("\n"),
			structured: { attachments, notes: [...new Set(notes)] },
			...(blocks.length > 0 ? { blocks } : {}),
		};
	},
});

/** A name that is only a name, on every system. */
function safeName(name: string): string {
	const cleaned = name
		.normalize("NFC")
		.replace(/[/\\:*?"<>|\p{Cc}]/gu, "_")
		.replace(/^\.+/, "_")
		.slice(0, 200);
	return cleaned === "" ? "attachment" : cleaned;
}

/** All bytes, or undefined when there are more than `most`. */
async function collect(
	stream: AsyncIterable<Uint8Array>,
	most: number,
): Promise<Buffer | undefined> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of stream) {
		size += chunk.length;
		if (size > most) return undefined;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}
