import { z } from "zod";
import type { FileCell } from "../core/contract/attachments.js";
import { wordsOf } from "../core/contract/error-words.js";
import { TablesError } from "../core/contract/errors.js";
import type { Attachment } from "../core/contract/field.js";
import { tellProgress } from "../core/contract/progress.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import { attempt, stopsAll } from "../core/delivery/attempt.js";
import { logUnexpected } from "../core/delivery/log-unexpected.js";
import { need } from "../core/places/capability.js";
import type { Located } from "../core/places/locate.js";
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
		need(located, "downloadFile");
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
		const blocks: Block[] = [];
		const failures: unknown[] = [];
		let imageBytes = IMAGE_BYTES;
		let stopped = false;
		for (const [index, { record, attachment }] of wanted.entries()) {
			const facts = {
				record,
				name: attachment.name,
				size: attachment.size,
				type: attachment.type,
			};
			const place = `${record} ${attachment.name}`;
			if (stopped) {
				attachments.push({ ...facts, not_attempted: true });
				lines.push(`${place}: not attempted`);
				continue;
			}
			tellProgress({ session, running }, index, wanted.length, attachment.name);
			const tried = await attempt(() =>
				deliver(
					{ session, located, running, as, folder, imageBytes },
					{ field, record, attachment },
				),
			);
			if ("error" in tried) {
				logUnexpected(session, tried.error);
				failures.push(tried.error);
				stopped = stopsAll(tried.error, running.call.signal);
				attachments.push({ ...facts, error: wordsOf(tried.error) });
				lines.push(`${place}: failed: ${wordsOf(tried.error)}`);
				continue;
			}
			const { more, said, block, note } = tried.value;
			if (note !== undefined) notes.push(note);
			if (block !== undefined) {
				blocks.push(block.image);
				imageBytes -= block.bytes;
			}
			attachments.push({ ...facts, ...more });
			lines.push(`${place}${said(blocks.length)}`);
		}
		const done = attachments.filter(
			(entry) => !("error" in entry || "not_attempted" in entry),
		).length;
		if (failures.length > 0 && done === 0) throw failures[0];
		if (failures.length > 0)
			notes.push(
				"call again with the record_ids of those that are left, and `name` where only some of a record's are",
			);
		return {
			text: [
				failures.length === 0
					? plural(wanted.length, "attachment")
					: `NOT FINISHED: ${done} of ${plural(wanted.length, "attachment")}`,
				...lines,
				...noteLines(notes),
			].join("\n"),
			structured: { attachments, notes: [...new Set(notes)] },
			...(blocks.length > 0 ? { blocks } : {}),
			...(failures.length > 0 ? { isError: true } : {}),
		};
	},
});

type Block = NonNullable<ToolAnswer["blocks"]>[number];

interface Delivery {
	readonly session: Session;
	readonly located: Located;
	readonly running: Running;
	readonly as: "file" | "link" | "content";
	readonly folder: string | undefined;
	/** What images of this answer may still have. */
	readonly imageBytes: number;
}

interface Delivered {
	readonly more: Readonly<Record<string, unknown>>;
	/** What follows the name, where `images` are in the answer by then. */
	said(images: number): string;
	readonly block?: { readonly image: Block; readonly bytes: number };
	readonly note?: string;
}

/** One attachment as it was asked for. */
async function deliver(delivery: Delivery, cell: FileCell): Promise<Delivered> {
	const { session, located, running, as, folder } = delivery;
	const { record, attachment } = cell;
	const { table, adapter } = located;
	if (as === "content") return show(delivery, cell);
	if (as === "link") {
		const link = await adapter.readFileLink?.(table, cell, running.call);
		return {
			more: { link: link ?? null },
			said: () => `: ${link ?? "no link"}`,
			...(link === undefined
				? {
						note: `${located.connection.title} has no links: use as: "file"`,
					}
				: {}),
		};
	}
	const path = await session.files.ownFile(
		[folder, record, safeName(attachment.name)]
			.filter((part) => part !== undefined)
			.join("/"),
	);
	const bytes = await session.files.save(
		path,
		await need(located, "downloadFile")(table, cell, running.call),
	);
	return {
		more: { file: path, bytes },
		said: () => `: ${path} (${bytes} bytes)`,
	};
}

/** In the answer itself, as far as it has room. */
async function show(
	{ located, running, imageBytes }: Delivery,
	cell: FileCell,
): Promise<Delivered> {
	const type = cell.attachment.type ?? "";
	const isImage = IMAGES.has(type);
	const most = isImage ? imageBytes : TEXTS.test(type) ? TEXT_BYTES : 0;
	const bytes =
		most > 0
			? await collect(
					await need(located, "downloadFile")(
						located.table,
						cell,
						running.call,
					),
					most,
				)
			: undefined;
	const more = { shown: bytes !== undefined };
	if (bytes === undefined)
		return {
			more,
			said: () =>
				` (${type || "unknown type"}, ${cell.attachment.size ?? "?"} bytes): not shown; use as: "file"`,
		};
	if (!isImage) return { more, said: () => `:\n${bytes.toString("utf8")}` };
	return {
		more,
		said: (images) => `: image ${images} below`,
		block: {
			image: {
				type: "image",
				data: bytes.toString("base64"),
				mimeType: type,
			},
			bytes: bytes.length,
		},
	};
}

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
