import { z } from "zod";
import type { FileSource } from "../core/contract/attachments.js";
import { wordsOf } from "../core/contract/error-words.js";
import { TablesError } from "../core/contract/errors.js";
import type { Field } from "../core/contract/field.js";
import type { Problem } from "../core/contract/problem.js";
import { tellProgress } from "../core/contract/progress.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import type { Table } from "../core/contract/table.js";
import { refused } from "../core/delivery/answer.js";
import { attempt } from "../core/delivery/attempt.js";
import { logUnexpected } from "../core/delivery/log-unexpected.js";
import { need } from "../core/places/capability.js";
import { type Located, locate } from "../core/places/locate.js";
import { readInTime } from "../core/read/deadline.js";
import { defined } from "../core/values/defined.js";
import { fieldNamed } from "../core/values/names.js";
import { oneLine } from "../core/values/one-line.js";
import { agreeToReplace } from "../core/write/agree-to-replace.js";
import { carryOut, outcomeOf } from "../core/write/carry-out.js";
import { NAMED } from "../core/write/input-checks.js";
import { readNamed } from "../core/write/named-rows.js";
import { updateRecords } from "../core/write/update-records.js";
import * as schemas from "./schemas.js";
import { plural, say } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";
import { writeAnswer } from "./write-answer.js";

export const uploadAttachmentTool = defineTool({
	name: "upload_attachment",
	toolset: "files",
	title: "Upload attachments",
	description:
		"Put files from the files folder into an attachment field, added to what is there. Without `record_id` the tokens are answered, for create_records.",
	input: z.object({
		table: schemas.table,
		field: z.string().optional().describe("Default: the only attachment field"),
		files: z
			.array(z.object({ file: z.string(), record_id: z.string().optional() }))
			.min(1),
		replace: z.boolean().optional().describe("In place of what is there"),
		...schemas.confirmOf("upload_attachment"),
	}),
	output: z.looseObject({
		uploaded: z.array(z.unknown()),
		notes: z.array(z.string()),
	}),
	hints: schemas.changeMoreHints,
	needs: ["uploadFile"],
	async run(
		{ table, field: name, files, replace = false, confirm },
		session,
		running,
	) {
		const located = await locate(session, table, running);
		need(located, "uploadFile");
		const field = attachmentField(located.table, name);
		const upload: Upload = { session, running, located, field };
		const sources = await openSources(upload, files);
		const gone = await missingRecords(upload, files);
		if (gone !== undefined) return gone;
		const asked = {
			kind: "replace_files",
			confirm,
			...(replace
				? await agreeToReplace(
						session,
						located,
						{ field, records: recordsNamed(files), confirm },
						running,
					)
				: {}),
		} as const;
		const { uploaded, failed } = await carriedOut(upload, sources);
		if (failed !== undefined)
			return unwritten(upload, sources, uploaded, {
				error: failed.error,
				at: `"${failed.file}" failed: `,
			});
		const records = recordsOf(field, uploaded, replace);
		const tokens = tokenLines(uploaded);
		const count = plural(uploaded.length, "file");
		if (records.length === 0)
			return say(
				[
					`uploaded ${count}; write them with [{token}] into "${field.name}"`,
					...tokens,
				],
				{ uploaded },
				located.notes,
			);
		const tried = await attempt(() =>
			updateRecords(session, located, { ...asked, records }, {}, running),
		);
		if ("error" in tried)
			return unwritten(upload, sources, uploaded, {
				error: tried.error,
				at: "",
			});
		const written = writeAnswer(tried.value, { byId: true });
		return {
			...written,
			text: [
				...(written.isError
					? [
							written.text,
							oneLine(`uploaded ${count}, for "${field.name}":`),
							...tokens.map(oneLine),
						]
					: [oneLine(`uploaded ${count} into "${field.name}"`), written.text]),
			].join("\n"),
			structured: { ...written.structured, uploaded },
		};
	},
});

interface Upload {
	readonly session: Session;
	readonly running: Running;
	readonly located: Located;
	readonly field: Field;
}

/** A file of the files folder, ready to be sent. */
interface Source {
	readonly file: string;
	readonly record: string | undefined;
	readonly source: FileSource;
}

interface Uploaded {
	readonly file: string;
	readonly record?: string;
	readonly token: string;
	readonly name: string;
	readonly size: number;
}

/** The field that is named, or the only one that takes files. */
function attachmentField(table: Table, name: string | undefined): Field {
	const candidates = table.fields.filter(({ type }) => type === "attachment");
	const only = candidates.length === 1 ? candidates[0] : undefined;
	const field = name === undefined ? only : fieldNamed(table, name).item;
	if (field?.type === "attachment") return field;
	if (candidates.length === 0)
		throw new TablesError(
			"bad_argument",
			`${table.name} has no attachment field`,
			{ next: "create_field makes one of type attachment." },
		);
	throw new TablesError(
		"bad_argument",
		field === undefined
			? `${table.name} has ${candidates.length} attachment fields`
			: `"${field.name}" is ${field.type}, not attachment`,
		{
			next: `Name one with \`field\`: ${candidates.map((candidate) => candidate.name).join(", ")}.`,
		},
	);
}

function recordsNamed(
	files: readonly { record_id?: string | undefined }[],
): readonly string[] {
	return [...new Set(files.flatMap(({ record_id }) => record_id ?? []))];
}

/** What is answered where a file is meant for a record that is not there: before any is sent, as each try would send all. */
async function missingRecords(
	{ session, running, located }: Upload,
	files: readonly { record_id?: string | undefined }[],
): Promise<ToolAnswer | undefined> {
	const ids = recordsNamed(files);
	if (ids.length === 0) return undefined;
	const there = await readInTime(session, running, NAMED, (call) =>
		readNamed(session, located, ids, { fields: [] }, call),
	);
	const problems = files.flatMap(({ record_id: id }, record): Problem[] =>
		id === undefined || there.has(id)
			? []
			: [{ record, given: id, message: `there is no record ${id}` }],
	);
	if (problems.length === 0) return undefined;
	const answer = writeAnswer(
		await refused(files.length, problems, [
			...located.notes,
			"no file was uploaded; query_records answers the ids of the records, for `record_id`",
		]),
	);
	return { ...answer, structured: { ...answer.structured, uploaded: [] } };
}

/** All files, before the first is sent: none may be too large. */
async function openSources(
	{ session, located }: Upload,
	files: readonly { file: string; record_id?: string | undefined }[],
): Promise<readonly Source[]> {
	const sources = await Promise.all(
		files.map(async ({ file, record_id: record }) => ({
			source: await session.files.source(await session.files.existing(file)),
			record,
			file,
		})),
	);
	const largest = located.adapter.maxFileBytes ?? Number.POSITIVE_INFINITY;
	const tooLarge = sources.filter(({ source }) => source.size > largest);
	if (tooLarge.length > 0)
		throw new TablesError(
			"too_large",
			`${tooLarge.map(({ file }) => `"${file}"`).join(", ")}: larger than the ${largest} bytes that ${located.connection.title} takes`,
			{
				next: "Nothing was sent. Call again without them, or with smaller files.",
			},
		);
	return sources;
}

/** The same as one action of the journal. */
async function carriedOut(upload: Upload, sources: readonly Source[]) {
	const { session, located, field } = upload;
	const { value } = await carryOut(
		session,
		{
			tool: "upload_attachment",
			place: located,
			deed: { kind: "upload_files", name: field.name, id: field.id },
		},
		async () => {
			const value = await sendFiles(upload, sources);
			const { uploaded, failed } = value;
			return { value, outcome: outcomeOf(uploaded.length, failed ? 1 : 0) };
		},
	);
	return value;
}

/** One after the other, until one fails. */
async function sendFiles(
	{ session, running, located, field }: Upload,
	sources: readonly Source[],
): Promise<{
	readonly uploaded: readonly Uploaded[];
	readonly failed?: { readonly file: string; readonly error: unknown };
}> {
	const send = need(located, "uploadFile");
	const uploaded: Uploaded[] = [];
	for (const [index, { source, record, file }] of sources.entries()) {
		const sent = await attempt(() =>
			send(located.table, field, source, running.call, (bytes) =>
				tellProgress(
					{ session, running },
					index + bytes / Math.max(1, source.size),
					sources.length,
					`${file}: ${bytes} of ${source.size} bytes`,
				),
			),
		);
		if ("error" in sent) {
			if (uploaded.length === 0) throw sent.error;
			return { uploaded, failed: { file, error: sent.error } };
		}
		const { token, name, size } = sent.value;
		uploaded.push({
			file,
			token,
			name,
			size: size ?? source.size,
			...defined({ record }),
		});
	}
	return { uploaded };
}

/** The records that the files were meant for, with the cell that takes them. */
function recordsOf(
	field: Field,
	uploaded: readonly Uploaded[],
	replace: boolean,
) {
	const byRecord = new Map<string, Uploaded[]>();
	for (const entry of uploaded)
		if (entry.record !== undefined)
			byRecord.set(entry.record, [
				...(byRecord.get(entry.record) ?? []),
				entry,
			]);
	return [...byRecord].map(([id, entries]) => {
		const cell = entries.map(({ token, name, size }) => ({
			token,
			name,
			size,
		}));
		return { id, fields: { [field.id]: replace ? cell : { add: cell } } };
	});
}

function tokenLines(uploaded: readonly Uploaded[]): string[] {
	return uploaded.map(({ file, token }) => `${file}: token ${token}`);
}

/** Nothing was written, but the tokens are there: without them all would be uploaded again. */
function unwritten(
	{ session, located, field }: Upload,
	sources: readonly Source[],
	uploaded: readonly Uploaded[],
	{ error, at }: { readonly error: unknown; readonly at: string },
): ToolAnswer {
	logUnexpected(session, error);
	const said = `${at}${wordsOf(error)}`;
	const left =
		uploaded.length < sources.length
			? ", and call again for the files that are left"
			: "";
	return {
		...say(
			[
				`NOT FINISHED: uploaded ${uploaded.length} of ${plural(sources.length, "file")}, and nothing was written into "${field.name}": ${said}`,
				...tokenLines(uploaded),
			],
			{ uploaded, error: said },
			[
				...located.notes,
				`write what was uploaded with update_records, {"${field.name}": {"add": [{"token": …}]}}${left}`,
			],
		),
		isError: true,
	};
}
