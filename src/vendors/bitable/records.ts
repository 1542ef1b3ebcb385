import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import type { Cell, SystemColumn } from "../../core/contract/field.js";
import type {
	WireCells,
	WireQuery,
	WrittenRow,
} from "../../core/contract/records.js";
import type { Table, TableRef, WireRow } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, number, text } from "../kit/answer.js";
import { type Api, listPage } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";
import { codecs } from "./cells.js";
import { type Expr, isLeaf } from "./filter.js";

/** Maximum of a page, of ids and of named fields in one call. Source: "Search records", "Batch get records". */
export const PAGE = 500;
export const IDS = 100;
const MOST_NAMED_FIELDS = 200;
/**
 * The newest pages say 1,000, those of 2023 and the English ones 500; deletes are 500 everywhere.
 * Source: "Create records", "Update records", "Delete records".
 */
export const BATCH = 500;

/*
 * ignore_consistency_check is never sent: what was written must be there for the next read, which undo, proofs and
 * lost answers rest on; writes are serial anyway, which is what it would make faster.
 */

/** The kind of id in cells of people: the same for reads, writes and filters. */
export const PEOPLE_BY = ["user_id_type", "open_id"] as const;

export const at = ({ base, table }: TableRef) => ({
	params: { base, table },
	base,
	table,
});

type Wanted = Pick<WireQuery, "fields" | "system">;

/** Reads and writes rows: one page or one batch. */
export function recordMethods(
	api: Api,
	catalog: Catalog,
): Required<
	Pick<
		Adapter,
		"readPage" | "readByIds" | "createBatch" | "updateBatch" | "deleteBatch"
	>
> {
	const getRecords = async (
		table: Table,
		ids: readonly string[],
		system: readonly SystemColumn[],
		context: CallContext,
	) => {
		const data = await api.call(
			calls.getRecords,
			{
				...at(table.ref),
				json: {
					record_ids: ids,
					[PEOPLE_BY[0]]: PEOPLE_BY[1],
					with_shared_url: system.includes("$url"),
					automatic_fields: system.some((column) => column in AUTOMATIC),
				},
			},
			context,
		);
		return list(data.records);
	};

	/** "Search" does not tell the records' links; "batch get" does. */
	const linksOf = async (
		table: Table,
		ids: readonly string[],
		context: CallContext,
	) => {
		const chunks = Array.from(
			{ length: Math.ceil(ids.length / IDS) },
			(_, index) => ids.slice(index * IDS, (index + 1) * IDS),
		);
		const found = await Promise.all(
			chunks.map((chunk) => getRecords(table, chunk, ["$url"], context)),
		);
		return new Map(
			found
				.flat()
				.map((record) => [text(record.record_id), linkOf(record)] as const),
		);
	};

	return {
		async readPage(table, query, cursor, context) {
			const { view, sort = [] } = query;
			const page = await listPage(
				api,
				calls.searchRecords,
				{
					...at(table.ref),
					query: [PEOPLE_BY],
					json: {
						...namedFields(table, query),
						...defined({ view_id: view }),
						...defined({
							filter: query.filter && wireFilter(query.filter as Expr),
						}),
						...(sort.length === 0
							? {}
							: {
									sort: sort.flatMap(({ field, descending }) =>
										typeof field === "string"
											? []
											: [{ field_name: field.name, desc: descending }],
									),
								}),
						automatic_fields: query.system.some(
							(column) => column in AUTOMATIC,
						),
					},
				},
				context,
				{ cursor, size: query.pageSize },
			);
			const ids = page.items.flatMap(({ record_id }) => text(record_id) ?? []);
			const links =
				query.system.includes("$url") && ids.length > 0
					? await linksOf(table, ids, context)
					: undefined;
			const silent =
				page.items.length === 0 &&
				(await catalog.facts(table.ref.base, context)).advanced;
			return {
				...page,
				items: page.items.map((record) =>
					rowOf(query, record, links?.get(text(record.record_id))),
				),
				...(silent
					? {
							notes: [
								"the base has advanced permissions: rows that this account's role does not show are left out without an error, so that none came does not mean there is none",
							],
						}
					: {}),
			};
		},
		async readByIds(table, ids, query, context) {
			const records = await getRecords(table, ids, query.system, context);
			return records.map((record) => rowOf(query, record, linkOf(record)));
		},
		async createBatch(table, rows, context) {
			const names = namesOf(table);
			const query = [
				PEOPLE_BY,
				["client_token", context.idempotencyKey ?? api.uuid()],
			] as const;
			const records = rows.map((cells) => ({ fields: byName(cells, names) }));
			const [only] = records;
			const data =
				records.length === 1
					? await api.call(
							calls.createRecord,
							{ ...at(table.ref), query, json: only },
							context,
						)
					: await api.call(
							calls.createRecords,
							{ ...at(table.ref), query, json: { records } },
							context,
						);
			return writtenOf(data);
		},
		async updateBatch(table, rows, context) {
			const names = namesOf(table);
			const query = [PEOPLE_BY];
			const records = rows.map(({ id, cells }) => ({
				record_id: id,
				fields: byName(cells, names),
			}));
			const [only] = records;
			if (records.length === 1 && only !== undefined) {
				const { params, ...rest } = at(table.ref);
				return writtenOf(
					await api.call(
						calls.updateRecord,
						{
							...rest,
							params: { ...params, record: only.record_id },
							query,
							json: { fields: only.fields },
						},
						context,
					),
				);
			}
			return writtenOf(
				await api.call(
					calls.updateRecords,
					{ ...at(table.ref), query, json: { records } },
					context,
				),
			);
		},
		async deleteBatch(table, ids, context) {
			const [only] = ids;
			const { params, ...rest } = at(table.ref);
			if (ids.length === 1 && only !== undefined)
				await api.call(
					calls.deleteRecord,
					{ ...rest, params: { ...params, record: only } },
					context,
				);
			else
				await api.call(
					calls.deleteRecords,
					{ ...rest, params, json: { records: ids } },
					context,
				);
		},
	};
}

/** The answer repeats the request: it proves the ids only. */
function writtenOf(data: Loose): readonly WrittenRow[] {
	const records = Array.isArray(data.records)
		? list(data.records)
		: [loose(data.record)];
	return records.map((record) => ({
		id: text(record.record_id) ?? text(record.id) ?? "",
	}));
}

/** Records name their fields by name. */
function namesOf(table: Table): ReadonlyMap<string, string> {
	return new Map(table.fields.map(({ id, name }) => [id, name]));
}

function byName(
	cells: WireCells,
	names: ReadonlyMap<string, string>,
): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(cells).map(([id, cell]) => [names.get(id) ?? id, cell]),
	);
}

/** Absent: all. Without any wanted field the primary one. */
function namedFields(table: Table, { fields }: Wanted): Loose {
	const wanted =
		fields.length > 0 ? fields : table.fields.filter(({ primary }) => primary);
	return wanted.length === 0 || wanted.length > MOST_NAMED_FIELDS
		? {}
		: { field_names: wanted.map(({ name }) => name) };
}

const people = (wire: unknown): Cell => {
	const codec = codecs.created_by;
	const found =
		wire === undefined || wire === null || !("decode" in codec)
			? null
			: codec.decode(wire, CREATOR, { zone: "UTC" });
	return Array.isArray(found) ? found : null;
};

const CREATOR = {
	id: "$created_by",
	name: "$created_by",
	type: "created_by",
	primary: false,
	settings: {},
	wireType: "CreatedUser",
} as const;

/** What `automatic_fields` adds to a record. */
const AUTOMATIC: Readonly<Record<string, (record: Loose) => Cell>> = {
	$created_at: (record) => number(record.created_time) ?? null,
	$updated_at: (record) => number(record.last_modified_time) ?? null,
	$created_by: (record) => people(record.created_by),
	$updated_by: (record) => people(record.last_modified_by),
};

function linkOf(record: Loose): string | undefined {
	return text(record.shared_url) ?? text(record.record_url);
}

function rowOf(
	{ fields, system }: Wanted,
	record: Loose,
	link: string | undefined,
): WireRow {
	const given = loose(record.fields);
	return {
		id: text(record.record_id) ?? text(record.id) ?? "",
		cells: Object.fromEntries(
			fields.flatMap(({ id, name }) =>
				given[name] === undefined ? [] : [[id, given[name]]],
			),
		),
		system: Object.fromEntries(
			system.map((column) => [
				column,
				column === "$url"
					? (link ?? null)
					: (AUTOMATIC[column]?.(record) ?? null),
			]),
		),
	};
}

/**
 * As it is sent. One level of children; conditions beside children are documented nowhere, so they get a child of
 * their own.
 */
export function wireFilter(expr: Expr): object {
	if (isLeaf(expr)) return { conjunction: "and", conditions: [expr] };
	const { conjunction, leaves, groups } = expr;
	if (groups.length === 0) return { conjunction, conditions: leaves };
	return {
		conjunction,
		children: [
			...(leaves.length === 0 ? [] : [{ conjunction, conditions: leaves }]),
			...groups.map((group) => ({
				conjunction: group.conjunction,
				conditions: group.leaves,
			})),
		],
	};
}
