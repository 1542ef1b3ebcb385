import { z } from "zod";
import { locate } from "../core/places/locate.js";
import { openChange, resumeChange } from "../core/write/resume-change.js";
import { updateRecords } from "../core/write/update-records.js";
import { record, writeOutput } from "./create-records.js";
import { filterInput } from "./filter-input.js";
import * as schemas from "./schemas.js";
import { defineTool } from "./tool.js";
import { writeAnswer } from "./write-answer.js";

export const updateRecordsTool = defineTool({
	name: "update_records",
	toolset: "records",
	title: "Update records",
	description:
		"Change records: by id, by key fields (`match_on`, with `upsert` to add missing ones), or all that match a `filter` with `set`. Only named fields change; null clears; {add: [], remove: []} edits a list. Asks before a filter changes more than 10.",
	input: z.object({
		table: schemas.table,
		records: z
			.array(record)
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
	async run(
		{
			table,
			records,
			match_on,
			upsert,
			filter,
			set,
			confirm,
			allow_new_options = false,
			dry_run = false,
			resume,
		},
		session,
		running,
	) {
		if (resume !== undefined)
			return writeAnswer(
				await resumeChange(
					session,
					await openChange(
						session,
						resume,
						["update_records", "upload_attachment"],
						running,
						{ dryRun: dry_run },
					),
					running,
				),
			);
		const located = await locate(session, table, running);
		const input = {
			records,
			matchOn: match_on,
			upsert,
			filter: filterInput(filter),
			set,
			confirm,
			asks: true,
		};
		return writeAnswer(
			await updateRecords(
				session,
				located,
				input,
				{ allowNewOptions: allow_new_options, dryRun: dry_run },
				running,
			),
		);
	},
});
