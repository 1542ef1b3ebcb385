import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import { locate } from "../core/places/locate.js";
import { createFrom } from "../core/sql/write-from.js";
import { defined } from "../core/values/defined.js";
import { hashInTurns } from "../core/values/json-pieces.js";
import { createRecords } from "../core/write/create-records.js";
import { fromInput, hashOfFrom, refuseBeside } from "./from-input.js";
import { resumeWrite } from "./resume-write.js";
import * as schemas from "./schemas.js";
import { defineTool } from "./tool.js";
import { writeAnswer, writeOutput } from "./write-answer.js";

export const createRecordsTool = defineTool({
	name: "create_records",
	toolset: "records",
	title: "Create records",
	description:
		"Add any number of records, or a SELECT's rows (`from`: columns named as fields). If one is wrong, nothing is sent and each problem is listed. Values: dates as 2026-11-20, people and links by name or id, selects by option name.",
	input: z.object({
		table: schemas.table,
		records: z
			.array(schemas.record)
			.optional()
			.describe("[{fields: {name: value}}]"),
		from: schemas.fromAsInQuerySql.optional(),
		allow_new_options: schemas.allowNewOptions.optional(),
		dry_run: schemas.dryRun.optional(),
		resume: schemas.resume.optional(),
	}),
	output: writeOutput,
	hints: schemas.addHints,
	needs: ["createBatch"],
	async run(
		{ table, records, allow_new_options = false, dry_run = false, ...given },
		session,
		running,
	) {
		const from = fromInput(given.from);
		refuseBeside(from, { records }, "`records` or `from`, one of them");
		const options = { allowNewOptions: allow_new_options, dryRun: dry_run };
		if (given.resume !== undefined) {
			const hash = await (hashOfFrom(from) ??
				(records && hashInTurns(records)));
			const beside = { table, dryRun: dry_run, ...defined({ hash }) };
			const tools = ["create_records"];
			return resumeWrite(session, given.resume, tools, running, beside);
		}
		if (records === undefined && from === undefined)
			throw new TablesError("bad_argument", "`records` is missing", {
				next: "Pass [{fields: {name: value}}], `from` with {sql, tables}, or `resume`.",
			});
		const located = await locate(session, table, running);
		return writeAnswer(
			from === undefined
				? await createRecords(session, located, records ?? [], options, running)
				: await createFrom(session, { located, from, options }, running),
		);
	},
});
