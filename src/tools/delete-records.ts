import { z } from "zod";
import { locate } from "../core/places/locate.js";
import { deleteFrom } from "../core/sql/write-from.js";
import { defined } from "../core/values/defined.js";
import { deleteRecords } from "../core/write/delete-records.js";
import { filterInput } from "./filter-input.js";
import { fromInput, hashOfFrom, refuseBeside } from "./from-input.js";
import { resumeWrite } from "./resume-write.js";
import * as schemas from "./schemas.js";
import { defineTool } from "./tool.js";
import { writeAnswer, writeOutput } from "./write-answer.js";

export const deleteRecordsTool = defineTool({
	name: "delete_records",
	toolset: "records",
	title: "Delete records",
	description:
		"Delete records by id, filter or SELECT (`from`: _id). Asks before more than 10. undo_change can bring their values back.",
	input: z.object({
		table: schemas.table,
		record_ids: z.array(z.string()).optional(),
		filter: schemas.filterAsInQuery.optional(),
		from: schemas.fromAsInQuerySql.optional(),
		...schemas.confirmOf("delete_records"),
		dry_run: schemas.dryRun.optional(),
		resume: schemas.resume.optional(),
	}),
	output: writeOutput,
	hints: schemas.changeHints,
	needs: ["deleteBatch"],
	async run(
		{ table, record_ids, filter, confirm, dry_run: dryRun = false, ...given },
		session,
		running,
	) {
		const from = fromInput(given.from);
		refuseBeside(
			from,
			{ record_ids, filter },
			"`record_ids`, `filter` or `from`, one of them",
		);
		if (given.resume !== undefined) {
			const hash = await hashOfFrom(from);
			const beside = { table, dryRun, ...defined({ confirm, hash }) };
			const tools = ["delete_records"];
			return resumeWrite(session, given.resume, tools, running, beside);
		}
		const located = await locate(session, table, running);
		const options = { dryRun };
		const extra = { unnamed: filter !== undefined, byId: true };
		if (from !== undefined) {
			const write = { located, from, options, confirm };
			return writeAnswer(await deleteFrom(session, write, running), extra);
		}
		return writeAnswer(
			await deleteRecords(
				session,
				located,
				{ recordIds: record_ids, filter: filterInput(filter), confirm },
				options,
				running,
			),
			extra,
		);
	},
});
