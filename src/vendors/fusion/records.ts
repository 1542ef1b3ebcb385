import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import type {
	WireCells,
	WireQuery,
	WrittenRow,
} from "../../core/contract/records.js";
import type {
	Page,
	Table,
	TableRef,
	WireRow,
} from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, number, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import { codecs } from "./cells.js";

/** Measured, as documented. Source: "Get records", "Create records", "room-server 1.10.0". */
export const PAGE = 1000;
export const BATCH = 10;
/** Ids go into the request line, which proxies commonly cap at 8 KB. */
export const IDS = 300;
const MOST_NAMED_FIELDS = 100;

/** The parameters of a call about a datasheet. */
export const at = ({ table }: TableRef) => ({ params: { table }, table });

/** Reads and writes rows: one page or one batch. */
export function recordMethods(
	api: Api,
): Pick<
	Adapter,
	| "readPage"
	| "pageCursor"
	| "readByIds"
	| "createBatch"
	| "updateBatch"
	| "deleteBatch"
> {
	const read = async (
		table: Table,
		query: Pick<WireQuery, "fields" | "system">,
		rest: readonly (readonly [string, string | undefined])[],
		context: CallContext,
	) => {
		const data = await api.call(
			calls.listRecords,
			{
				...at(table.ref),
				query: [
					["fieldKey", "id"],
					["fields", namedFields(table, query.fields)],
					...rest,
				],
			},
			context,
		);
		return {
			data,
			rows: list(data.records).map((record) =>
				rowOf(api, table, query, record),
			),
		};
	};

	const write = async (
		endpoint: typeof calls.createRecords | typeof calls.updateRecords,
		table: Table,
		records: readonly object[],
		context: CallContext,
	): Promise<readonly WrittenRow[]> => {
		const data = await api.call(
			endpoint,
			{ ...at(table.ref), json: { records, fieldKey: "id" } },
			context,
		);
		return list(data.records).map((record) => ({
			id: text(record.recordId) ?? "",
			stored: loose(record.fields),
		}));
	};

	return {
		pageCursor: (index) => String(index + 1),
		async readPage(table, query, cursor, context) {
			const page = Number(cursor ?? 1);
			const sort = (query.sort ?? []).flatMap(({ field, descending }, index) =>
				typeof field === "string"
					? []
					: [
							[`sort[${index}][field]`, field.id] as const,
							[`sort[${index}][order]`, descending ? "desc" : "asc"] as const,
						],
			);
			const { data, rows } = await read(
				table,
				query,
				[
					["pageSize", String(query.pageSize)],
					["pageNum", String(page)],
					["viewId", query.view],
					["filterByFormula", query.filter as string | undefined],
					...sort,
				],
				context,
			);
			// The answer's own `pageSize` is the number of its rows.
			const total = number(data.total);
			const more =
				total === undefined
					? rows.length === query.pageSize
					: page * query.pageSize < total;
			return {
				items: rows,
				...(more ? { next: String(page + 1) } : {}),
				...defined({ total }),
			} satisfies Page<WireRow>;
		},
		async readByIds(table, ids, query, context) {
			const { rows } = await read(
				table,
				query,
				[
					["recordIds", ids.join(",")],
					["pageSize", String(Math.max(1, ids.length))],
				],
				context,
			);
			return rows;
		},
		createBatch: async (table, rows, context) =>
			write(
				calls.createRecords,
				table,
				rows.map((cells) => ({ fields: notEmpty(api, table, cells) })),
				context,
			),
		async updateBatch(table, rows, context) {
			const written = await write(
				calls.updateRecords,
				table,
				rows.map(({ id, cells }) => ({ recordId: id, fields: cells })),
				context,
			);
			// No document promises the order of the answer.
			const byId = new Map(written.map((row) => [row.id, row]));
			return rows.flatMap(({ id }) => byId.get(id) ?? []);
		},
		async deleteBatch(table, ids, context) {
			await api.call(
				calls.deleteRecords,
				{ ...at(table.ref), query: [["recordIds", ids.join(",")]] },
				context,
			);
		},
	};
}

/** Absent: all. Without any wanted field the primary one, since an empty list means all to the vendor. */
function namedFields(
	table: Table,
	fields: readonly Field[],
): string | undefined {
	const wanted =
		fields.length > 0 ? fields : table.fields.filter(({ primary }) => primary);
	return wanted.length >= table.fields.length ||
		wanted.length > MOST_NAMED_FIELDS
		? undefined
		: wanted.map(({ id }) => id).join(",");
}

function rowOf(
	api: Api,
	table: Table,
	{ system }: Pick<WireQuery, "system">,
	record: Loose,
): WireRow {
	const id = text(record.recordId) ?? "";
	const view = table.views[0];
	return {
		id,
		cells: loose(record.fields),
		system: {
			...(system.includes("$created_at")
				? { $created_at: number(record.createdAt) ?? null }
				: {}),
			...(system.includes("$updated_at")
				? { $updated_at: number(record.updatedAt) ?? null }
				: {}),
			...(system.includes("$url") && view !== undefined
				? { $url: `${api.pages}/workbench/${table.ref.table}/${view.id}/${id}` }
				: {}),
		},
	};
}

/**
 * The vendor refuses a record without any field; a cleared one is the same.
 * @throws TablesError not_allowed where this account may write no field.
 */
function notEmpty(api: Api, table: Table, cells: WireCells): WireCells {
	if (Object.keys(cells).length > 0) return cells;
	const writable = table.fields.find(
		(field) => field.readOnly === undefined && "encode" in codecs[field.type],
	);
	if (writable === undefined)
		throw new TablesError(
			"not_allowed",
			`${api.title}: this account may write no field of "${table.name}"`,
			{
				next: "Ask a manager of the datasheet for more rights, or use another account's token.",
			},
		);
	return { [writable.id]: null };
}
