import { z } from "zod";
import { locate } from "../core/places/locate.js";
import { queryInput } from "./query-arguments.js";
import { answerGroups } from "./query-groups.js";
import { answerCount, answerRows } from "./query-rows.js";
import { asksGroups, resolveRows } from "./query-scope.js";
import * as schemas from "./schemas.js";
import type { TableCall } from "./table-call.js";
import { defineTool } from "./tool.js";

export const queryRecordsTool = defineTool({
	name: "query_records",
	toolset: "records",
	title: "Query records",
	description:
		"Read, search, count or sum records. Filters mean the same on every vendor. Answers rows as CSV with ids, up to `limit` (0 = count only); more with `cursor`. For totals or duplicates use `group_by` and `aggregate`: they run over all matching rows, and values are compared exactly; `per` text joins what differs in outer spaces, width or case.",
	input: queryInput,
	output: z.looseObject({
		columns: z.array(z.string()),
		rows: z.array(z.array(z.unknown())),
		returned: z.number(),
		total: z.number().nullable(),
		truncated: z.boolean(),
		next_cursor: z.string().nullable(),
		notes: z.array(z.string()),
	}),
	hints: schemas.readHints,
	async run(args, session, running) {
		const located = await locate(session, args.table, running);
		const notes = [...located.notes];
		const call: TableCall = { session, located, running, notes };
		const resolved = await resolveRows(call, args);
		if (asksGroups(args)) return answerGroups(call, args, resolved);
		if (args.limit === 0) return answerCount(call, args, resolved.query);
		return answerRows(call, args, resolved);
	},
});
