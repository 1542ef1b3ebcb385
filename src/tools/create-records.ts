import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import { locate } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { hashInTurns } from "../core/values/json-pieces.js";
import { createRecords } from "../core/write/create-records.js";
import { resumeWrite } from "./resume-write.js";
import * as schemas from "./schemas.js";
import { defineTool } from "./tool.js";
import { writeAnswer, writeOutput } from "./write-answer.js";

export const createRecordsTool = defineTool({
	name: "create_records",
	toolset: "records",
	title: "Create records",
	description:
		"Add records: any number, batched here. All are checked against the table first; if one is wrong, nothing is sent and every problem is listed. Values: dates as 2026-11-20, people and links by name or id, selects by option name.",
	input: z.object({
		table: schemas.table,
		records: z
			.array(schemas.record)
			.optional()
			.describe("[{fields: {name: value}}]"),
		allow_new_options: schemas.allowNewOptions.optional(),
		dry_run: schemas.dryRun.optional(),
		resume: schemas.resume.optional(),
	}),
	output: writeOutput,
	hints: schemas.addHints,
	needs: ["createBatch"],
	async run(
		{ table, records, allow_new_options = false, dry_run = false, resume },
		session,
		running,
	) {
		if (resume !== undefined)
			return resumeWrite(session, resume, ["create_records"], running, {
				table,
				dryRun: dry_run,
				...defined({ hash: records && (await hashInTurns(records)) }),
			});
		if (records === undefined)
			throw new TablesError("bad_argument", "`records` is missing", {
				next: "Pass [{fields: {name: value}}], or `resume`.",
			});
		const located = await locate(session, table, running);
		return writeAnswer(
			await createRecords(
				session,
				located,
				records,
				{ allowNewOptions: allow_new_options, dryRun: dry_run },
				running,
			),
		);
	},
});
