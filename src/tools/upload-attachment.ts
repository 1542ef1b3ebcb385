import { z } from "zod";
import { wordsOf } from "../core/contract/error-words.js";
import { TablesError } from "../core/contract/errors.js";
import { tellProgress } from "../core/contract/progress.js";
import { attempt } from "../core/delivery/attempt.js";
import { logUnexpected } from "../core/delivery/log-unexpected.js";
import { need } from "../core/places/capability.js";
import { locate } from "../core/places/locate.js";
import { fieldNamed } from "../core/values/names.js";
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
	}),
	output: z.looseObject({
		uploaded: z.array(z.unknown()),
		notes: z.array(z.string()),
	}),
	hints: schemas.addHints,
	needs: ["uploadFile"],
	async run({ table, field: name, files, replace = false }, session, running) {
		const located = await locate(session, table, running);
		const upload = need(located, "uploadFile");
		const candidates = located.table.fields.filter(
			({ type }) => type === "attachment",
		);
		const [only, ...others] = candidates;
		const field =
			name === undefined
				? others.length === 0
					? only
					: undefined
				: fieldNamed(located.table, name).item;
		if (field?.type !== "attachment")
			throw new TablesError(
				"bad_argument",
				field === undefined
					? `${located.table.name} has ${candidates.length} attachment fields`
					: `"${field.name}" is ${field.type}, not attachment`,
				{
					next: `Name one with \`field\`: ${candidates.map((candidate) => candidate.name).join(", ") || "there is none; create_field makes one"}.`,
				},
			);
		const largest = located.adapter.maxFileBytes ?? Number.POSITIVE_INFINITY;
		const sources = await Promise.all(
			files.map(async ({ file, record_id }) => ({
				source: await session.files.source(await session.files.existing(file)),
				record: record_id,
				file,
			})),
		);
		const tooLarge = sources.filter(({ source }) => source.size > largest);
		if (tooLarge.length > 0)
			throw new TablesError(
				"too_large",
				`${tooLarge.map(({ file }) => `"${file}"`).join(", ")}: larger than the ${largest} bytes that ${located.connection.title} takes`,
				{ next: "Nothing was sent." },
			);
		const uploaded: {
			file: string;
			record?: string;
			token: string;
			name: string;
			size: number;
		}[] = [];
		let failed: { readonly file: string; readonly error: unknown } | undefined;
		for (const [index, { source, record, file }] of sources.entries()) {
			const sent = await attempt(() =>
				upload(located.table, field, source, running.call, (bytes) =>
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
				failed = { file, error: sent.error };
				break;
			}
			const { token, name: stored, size } = sent.value;
			uploaded.push({
				file,
				token,
				name: stored,
				size: size ?? source.size,
				...(record === undefined ? {} : { record }),
			});
		}
		const tokens = uploaded.map(({ file, token }) => `${file}: token ${token}`);
		/** Nothing was written, but the tokens are there: without them all would be uploaded again. */
		const unwritten = (error: unknown, at = ""): ToolAnswer => {
			logUnexpected(session, error);
			const said = `${at}${wordsOf(error)}`;
			return {
				...say(
					`NOT FINISHED: uploaded ${uploaded.length} of ${plural(files.length, "file")}, and nothing was written into "${field.name}": ${said}\n${tokens.join("\n")}`,
					{ uploaded, error: said },
					[
						...located.notes,
						`write what was uploaded with update_records, {"${field.name}": {"add": [{"token": …}]}}${uploaded.length < files.length ? ", and call again for the files that are left" : ""}`,
					],
				),
				isError: true,
			};
		};
		if (failed !== undefined)
			return unwritten(failed.error, `"${failed.file}" failed: `);
		const byRecord = new Map<string, typeof uploaded>();
		for (const entry of uploaded)
			if (entry.record !== undefined)
				byRecord.set(entry.record, [
					...(byRecord.get(entry.record) ?? []),
					entry,
				]);
		if (byRecord.size === 0)
			return say(
				`uploaded ${plural(uploaded.length, "file")}; write them with [{token}] into "${field.name}"\n${tokens.join("\n")}`,
				{ uploaded },
				located.notes,
			);
		const records = [...byRecord].map(([id, entries]) => {
			const cell = entries.map(({ token, name: stored, size }) => ({
				token,
				name: stored,
				size,
			}));
			return { id, fields: { [field.id]: replace ? cell : { add: cell } } };
		});
		const tried = await attempt(() =>
			updateRecords(session, located, { records }, {}, running),
		);
		if ("error" in tried) return unwritten(tried.error);
		const written = writeAnswer(tried.value);
		const count = plural(uploaded.length, "file");
		return {
			...written,
			text: [
				...(written.isError
					? [written.text, `uploaded ${count}, for "${field.name}":`]
					: [`uploaded ${count} into "${field.name}"`, written.text]),
				...tokens,
			].join("\n"),
			structured: { ...written.structured, uploaded },
		};
	},
});
