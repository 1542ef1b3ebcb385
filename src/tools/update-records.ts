import { z } from "zod";
import { locate } from "../core/places/locate.js";
import { updateFrom } from "../core/sql/write-from.js";
import { defined } from "../core/values/defined.js";
import { updateRecords } from "../core/write/update-records.js";
import { filterInput } from "./filter-input.js";
import { fromInput, hashOfFrom, refuseBeside } from "./from-input.js";
import { resumeWrite } from "./resume-write.js";
import * as schemas from "./schemas.js";
import { defineTool } from "./tool.js";
import { writeAnswer, writeOutput } from "./write-answer.js";

export const updateRecordsTool = defineTool({
	name: "update_records",
	toolset: "records",
	title: "Update records",
	description:
		"Change records: by id, by key fields (`match_on`; `upsert` adds missing ones), by a `filter` with `set`, or a SELECT (`from`: _id or keys, and fields; NULL keeps, '' clears). Only named fields change; null clears; {add: [], remove: []} edits a list. Asks before overwriting values of more than 50.",
	input: z.object({
		table: schemas.table,
		records: z
			.array(schemas.record)
			.optional()
			.describe("[{id, fields: {name: value}}]; no id with match_on"),
		from: schemas.fromAsInQuerySql.optional(),
		match_on: z.array(z.string()).min(1).optional(),
		upsert: z.boolean().optional(),
		filter: schemas.filterAsInQuery.optional(),
		set: z.record(z.string(), z.unknown()).optional(),
		...schemas.confirmOf("update_records"),
		allow_new_options: schemas.allowNewOptions.optional(),
		dry_run: schemas.dryRun.optional(),
		resume: schemas.resume.optional(),
	}),
	output: writeOutput,
	hints: schemas.changeHints,
	needs: ["updateBatch"],
	async run(input, session, running) {
		const { table, resume, records, set, confirm, upsert } = input;
		const { match_on: matchOn } = input;
		const { allow_new_options: allowNewOptions = false } = input;
		const { dry_run: dryRun = false } = input;
		const options = { allowNewOptions, dryRun };
		const from = fromInput(input.from);
		const filter = filterInput(input.filter);
		refuseBeside(
			from,
			{ records, filter: input.filter, set },
			"`records`, `from`, or `filter` with `set`, one of them",
		);
		if (resume !== undefined) {
			const tools = ["update_records", "upload_attachment"];
			const hash = await hashOfFrom(from, (asked) => [asked, matchOn, upsert]);
			const given = { table, dryRun, ...defined({ confirm, hash }) };
			return resumeWrite(session, resume, tools, running, given);
		}
		const located = await locate(session, table, running);
		const extra = {
			unnamed: input.filter !== undefined,
			byId: matchOn === undefined,
		};
		if (from !== undefined) {
			const write = { located, from, options, matchOn, upsert, confirm };
			return writeAnswer(await updateFrom(session, write, running), extra);
		}
		return writeAnswer(
			await updateRecords(
				session,
				located,
				{ records, matchOn, upsert, filter, set, confirm },
				options,
				running,
			),
			extra,
		);
	},
});
