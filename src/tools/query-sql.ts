import { z } from "zod";
import { runStatement } from "../core/sql/run-statement.js";
import { keepResult, keptResult } from "../core/sql/statement-result.js";
import { statementInput } from "./from-input.js";
import { DEFAULT_LIMIT } from "./query-arguments.js";
import * as schemas from "./schemas.js";
import { sqlAnswer } from "./sql-answer.js";
import { defineTool } from "./tool.js";

export const querySqlTool = defineTool({
	name: "query_sql",
	toolset: "records",
	title: "Query with SQL",
	description:
		'One SQLite SELECT over tables of any connections: joins, windows, medians, dates. Columns: field names in double quotes, _id, _created_at, _updated_at; of people and links the names, "X_ids" as JSON, "X_id" if only one; "X_list": names as JSON. Dates are text (\'2026-11-20 14:00:00\'), percents fractions, checkboxes 1 or 0, empty cells NULL. Also today(), now(), days_between(from, to), seconds_between, norm(text), regexp(pattern, text), regexp_replace(text, pattern, by), stddev, has("X_ids", id). A mistake is answered with the columns there are.',
	input: z.object({
		...schemas.wholeStatement.shape,
		limit: z.int().min(1).max(10_000).optional(),
		cursor: z.string().min(1).optional(),
	}),
	output: z.looseObject({
		columns: z.array(z.string()),
		rows: z.array(z.array(z.unknown())),
		total: z.number().nullable(),
		next_cursor: z.string().nullable(),
		notes: z.array(z.string()),
	}),
	hints: schemas.readHints,
	async run({ sql, tables, limit = DEFAULT_LIMIT, cursor }, session, running) {
		const asked = [sql, tables];
		if (cursor !== undefined)
			return sqlAnswer(await keptResult(session, asked, cursor), limit);
		const result = await runStatement(
			session,
			{ ...statementInput({ sql, tables }), mayBeKept: true },
			running,
		);
		return sqlAnswer(await keepResult(session, asked, result), limit);
	},
});
