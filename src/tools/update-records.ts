import { z } from "zod";
import { locate } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { updateRecords } from "../core/write/update-records.js";
import { filterInput } from "./filter-input.js";
import { resumeWrite } from "./resume-write.js";
import * as schemas from "./schemas.js";
import { defineTool } from "./tool.js";
import { writeAnswer, writeOutput } from "./write-answer.js";

export const updateRecordsTool = defineTool({
	name: "update_records",
	toolset: "records",
	title: "Update records",
	description:
		"Change records: by id, by key fields (`match_on`, with `upsert` to add missing ones), or all that match a `filter` with `set`. Only named fields change; null clears; {add: [], remove: []} edits a list. Asks before it overwrites values of more than 50.",
	input: z.object({
		table: schemas.table,
		records: z
			.array(schemas.record)
			.optional()
			.describe("[{id, fields: {name: value}}]; no id with match_on"),
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
		const { table, resume } = input;
		const { allow_new_options: allowNewOptions = false } = input;
		const { dry_run: dryRun = false } = input;
		if (resume !== undefined) {
			const tools = ["update_records", "upload_attachment"];
			const { confirm } = input;
			const given = { table, dryRun, ...defined({ confirm }) };
			return resumeWrite(session, resume, tools, running, given);
		}
		const located = await locate(session, table, running);
		return writeAnswer(
			await updateRecords(
				session,
				located,
				{
					records: input.records,
					matchOn: input.match_on,
					upsert: input.upsert,
					filter: filterInput(input.filter),
					set: input.set,
					confirm: input.confirm,
				},
				{ allowNewOptions, dryRun },
				running,
			),
			{
				unnamed: input.filter !== undefined,
				byId: input.match_on === undefined,
			},
		);
	},
});
