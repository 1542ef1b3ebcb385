import { z } from "zod";
import type { FileCell } from "../core/contract/attachments.js";
import type { CallContext } from "../core/contract/call-context.js";
import { wordsOf } from "../core/contract/error-words.js";
import { TablesError } from "../core/contract/errors.js";
import type { Attachment, Field } from "../core/contract/field.js";
import { tellProgress } from "../core/contract/progress.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import type { Row, Table } from "../core/contract/table.js";
import { attempt, stopsAll } from "../core/delivery/attempt.js";
import { logUnexpected } from "../core/delivery/log-unexpected.js";
import { need } from "../core/places/capability.js";
import type { Located } from "../core/places/locate.js";
import { locate } from "../core/places/locate.js";
import { readInTime } from "../core/read/deadline.js";
import { readRowsById } from "../core/read/read.js";
import { fieldNamed, nameList, quoted } from "../core/values/names.js";
import { oneLine } from "../core/values/one-line.js";
import * as schemas from "./schemas.js";
import { noteLines, plural } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";

/** Content in an answer: each text up to 1 MB, and all images together up to 5 MB. */
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
		readOnlyHint: false,
		destructiveHint: false,
		idempotentHint: true,
		openWorldHint: true,
	},
	onlyFiles: true,
	needs: ["downloadFile"],
	async run(
		{ table, field: fieldName, record_ids, name, as = "file", folder },
		session,
		running,
	) {
		const located = await locate(session, table, running);
		need(located, "downloadFile");
		const field = attachmentField(located.table, fieldName);
		const rows = await readRowsById(
			located,
			record_ids,
			{ fields: [field] },
			running.call,
		);
		const cells = cellsOf([...rows.values()], field, name);
		const notes = [
			...located.notes,
			...record_ids
				.filter((id) => !rows.has(id))
				.map((id) => `no such record: ${id}`),
			...(cells.length > 0 || rows.size === 0
				? []
				: [nothingThere(field, name)]),
		];
		const asked = { session, located, running, as, folder };
		const download = begin(asked, notes);
		await deliverAll(download, cells);
		return answerOf(download, cells.length);
	},
});

function attachmentField(table: Table, name: string): Field {
	const { item: field } = fieldNamed(table, name);
	if (field.type === "attachment") return field;
	throw new TablesError(
		"bad_argument",
		`"${field.name}" is ${field.type}, not attachment`,
		{
			next: `Fields of attachments: ${nameList(attachmentNames(table)) || "none"}.`,
		},
	);
}

function attachmentNames({ fields }: Table): readonly string[] {
	return fields
		.filter(({ type }) => type === "attachment")
		.map(({ name }) => name);
}

/** The attachments of the rows, or those of one name. */
function cellsOf(
	rows: readonly Row[],
	field: Field,
	name: string | undefined,
): readonly FileCell[] {
	return rows.flatMap((row) =>
		((row.cells[field.id] ?? []) as readonly Attachment[])
			.filter((attachment) => name === undefined || attachment.name === name)
			.map((attachment) => ({ field, record: row.id, attachment })),
	);
}

function nothingThere(field: Field, name: string | undefined): string {
	return name === undefined
		? `"${field.name}" is empty in these records`
		: `no attachment ${quoted(name)} in these records`;
}

type Block = NonNullable<ToolAnswer["blocks"]>[number];

/** How the files are to be delivered. */
interface Asked {
	readonly session: Session;
	readonly located: Located;
	readonly running: Running;
	readonly as: "file" | "link" | "content";
	readonly folder: string | undefined;
}

/** A download under way, with what the answer has of it so far. */
interface Download extends Asked {
	readonly entries: Record<string, unknown>[];
	/** One for each entry. */
	readonly lines: string[];
	readonly blocks: Block[];
	readonly notes: string[];
	readonly failures: unknown[];
	/** Where its files lie. */
	readonly taken: Set<string>;
	/** What images of this answer may still have. */
	imageBytes: number;
	/** Something failed that the next file would meet as well. */
	isStopped: boolean;
}

function begin(asked: Asked, notes: string[]): Download {
	return {
		...asked,
		entries: [],
		lines: [],
		blocks: [],
		notes,
		failures: [],
		taken: new Set(),
		imageBytes: IMAGE_BYTES,
		isStopped: false,
	};
}

/** One after the other; what fails does not hide the others. */
async function deliverAll(
	download: Download,
	cells: readonly FileCell[],
): Promise<void> {
	for (const [index, cell] of cells.entries()) {
		const { name } = cell.attachment;
		if (download.isStopped) {
			enter(download, cell, { not_attempted: true }, ": not attempted");
			continue;
		}
		tellProgress(download, index, cells.length, name);
		const tried = await attempt(() => deliver(download, cell));
		if ("error" in tried) enterFailure(download, cell, tried.error);
		else enterDelivered(download, cell, tried.value);
	}
}

/** What the answer says of one file. */
function enter(
	{ entries, lines }: Download,
	{ record, attachment }: FileCell,
	more: Readonly<Record<string, unknown>>,
	said: string,
): void {
	const { name, size, type } = attachment;
	entries.push({ record, name, size, type, ...more });
	lines.push(`${record} ${oneLine(quoted(name))}${said}`);
}

function enterFailure(
	download: Download,
	cell: FileCell,
	error: unknown,
): void {
	logUnexpected(download.session, error);
	download.failures.push(error);
	download.isStopped = stopsAll(error, download.running.call.signal);
	const words = wordsOf(error);
	enter(download, cell, { error: words }, `: failed: ${oneLine(words)}`);
}

function enterDelivered(
	download: Download,
	cell: FileCell,
	{ more, said, block, note }: Delivered,
): void {
	if (note !== undefined) download.notes.push(note);
	if (block !== undefined) {
		download.blocks.push(block.image);
		download.imageBytes -= block.bytes;
	}
	enter(download, cell, more, said(download.blocks.length));
}

/** @throws the first failure, where no file was delivered. */
function answerOf(
	{ entries, lines, blocks, notes, failures }: Download,
	count: number,
): ToolAnswer {
	const isWhole = failures.length === 0;
	const done = entries.filter(
		(entry) => !("error" in entry || "not_attempted" in entry),
	).length;
	if (!isWhole && done === 0) throw failures[0];
	const all = isWhole
		? notes
		: [
				...notes,
				"call again with the record_ids of those that are left, and `name` where only some of a record's are",
			];
	const files = plural(count, "attachment");
	return {
		text: [
			isWhole ? files : `NOT FINISHED: ${done} of ${files}`,
			...lines,
			...noteLines(all),
		].join("\n"),
		structured: { attachments: entries, notes: [...new Set(all)] },
		...(blocks.length > 0 ? { blocks } : {}),
		...(isWhole ? {} : { isError: true }),
	};
}

interface Delivered {
	readonly more: Readonly<Record<string, unknown>>;
	/** What follows the name, where `images` are in the answer by then. */
	said(images: number): string;
	readonly block?: { readonly image: Block; readonly bytes: number };
	readonly note?: string;
}

/** One attachment as it was asked for. */
function deliver(download: Download, cell: FileCell): Promise<Delivered> {
	switch (download.as) {
		case "content":
			return show(download, cell);
		case "link":
			return link(download, cell);
		case "file":
			return save(download, cell);
	}
}

async function link(
	{ located, running }: Download,
	cell: FileCell,
): Promise<Delivered> {
	const { adapter, connection, table } = located;
	const url = await adapter.readFileLink?.(table, cell, running.call);
	if (url !== undefined)
		return { more: { link: url }, said: () => `: ${oneLine(url)}` };
	return {
		more: { link: null },
		said: () => ": no link",
		note: `${connection.title} has no links: use as: "file"`,
	};
}

async function save(
	{ session, located, running, folder, taken }: Download,
	cell: FileCell,
): Promise<Delivered> {
	const download = need(located, "downloadFile");
	const { path, size: bytes } = await inTime(session, running, cell, (call) =>
		session.files.saveAside(
			{
				folder: folder === undefined ? cell.record : `${folder}/${cell.record}`,
				name: cell.attachment.name,
				taken,
			},
			() => download(located.table, cell, call),
		),
	);
	return {
		more: { file: path, bytes },
		said: () => `: ${oneLine(path)} (${bytes} bytes)`,
	};
}

/** In the answer itself, as far as it has room. */
async function show(download: Download, cell: FileCell): Promise<Delivered> {
	const type = cell.attachment.type ?? "";
	const isImage = IMAGES.has(type);
	const bytes = await contentOf(
		download,
		cell,
		isImage ? download.imageBytes : TEXTS.test(type) ? TEXT_BYTES : 0,
	);
	const more = { shown: bytes !== undefined };
	if (bytes === undefined)
		return {
			more,
			said: () =>
				` (${oneLine(type) || "unknown type"}, ${cell.attachment.size ?? "?"} bytes): not shown; use as: "file"`,
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

/** A file that comes too slowly for one call is given up; one that never ends is too. */
function inTime<T>(
	session: Session,
	running: Running,
	{ attachment }: FileCell,
	work: (call: CallContext) => Promise<T>,
): Promise<T> {
	return readInTime(
		session,
		running,
		`the file ${quoted(attachment.name)}`,
		work,
		'Call again for this file alone, or use as: "link".',
	);
}

/** The content of a file; undefined where it is more than `most`. */
async function contentOf(
	{ session, located, running }: Download,
	cell: FileCell,
	most: number,
): Promise<Buffer | undefined> {
	if (most <= 0) return undefined;
	const download = need(located, "downloadFile");
	return inTime(session, running, cell, async (call) =>
		collect(await download(located.table, cell, call), most),
	);
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
