import { z } from "zod";
import { locate } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { deleteRecords } from "../core/write/delete-records.js";
import { filterInput } from "./filter-input.js";
import { resumeWrite } from "./resume-write.js";
import * as schemas from "./schemas.js";
import { defineTool } from "./tool.js";
import { writeAnswer, writeOutput } from "./write-answer.js";

export const deleteRecordsTool = defineTool({
	name: "delete_records",
	toolset: "records",
	title: "Delete records",
	description:
		"Delete records by id or by filter. Asks before more than 10. undo_change can bring their values back.",
	input: z.object({
		table: schemas.table,
		record_ids: z.array(z.string()).optional(),
		filter: schemas.filterAsInQuery.optional(),
		...schemas.confirmOf("delete_records"),
		dry_run: schemas.dryRun.optional(),
		resume: schemas.resume.optional(),
	}),
	output: writeOutput,
	hints: schemas.changeHints,
	needs: ["deleteBatch"],
	async run(
		{ table, record_ids, filter, confirm, dry_run = false, resume },
		session,
		running,
	) {
		if (resume !== undefined)
			return resumeWrite(session, resume, ["delete_records"], running, {
				table,
				dryRun: dry_run,
				...defined({ confirm }),
			});
		const located = await locate(session, table, running);
		return writeAnswer(
			await deleteRecords(
				session,
				located,
				{ recordIds: record_ids, filter: filterInput(filter), confirm },
				{ dryRun: dry_run },
				running,
			),
			{ unnamed: filter !== undefined, byId: true },
		);
	},
});
