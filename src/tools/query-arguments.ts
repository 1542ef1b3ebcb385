import { z } from "zod";
import * as schemas from "./schemas.js";

/** Rows of an answer where no `limit` is given. */
export const DEFAULT_LIMIT = 50;

/** What `query_records` takes; rows, groups and counts read their parts of it. */
export const queryInput = z.object({
	table: schemas.tableExplained,
	fields: schemas.fieldNames
		.optional()
		.describe(
			"Also $created_at, $updated_at, $created_by, $updated_by, $url; Customer.id for ids of a link",
		),
	filter: schemas.filter.optional(),
	sort: schemas.sort.optional(),
	view: z.string().optional(),
	record_ids: z.array(z.string()).optional(),
	group_by: z
		.array(
			z.object({
				field: z.string(),
				per: z
					.enum(["day", "week", "month", "quarter", "year", "text"])
					.optional(),
			}),
		)
		.optional(),
	aggregate: z
		.array(
			z.object({
				function: z.enum(["count", "sum", "avg", "min", "max", "distinct"], {
					error:
						"query_sql has median(x), percentile(x, 90), stddev(x) and windows",
				}),
				field: z.string().optional(),
			}),
		)
		.optional(),
	limit: z.int().min(0).max(10_000).optional().describe("Default 50"),
	cursor: schemas.cursor.optional(),
	ids: z.boolean().optional().describe("false: no id column"),
	detail: z.enum(["compact", "full", "raw"]).optional(),
});

export type QueryArguments = z.output<typeof queryInput>;
