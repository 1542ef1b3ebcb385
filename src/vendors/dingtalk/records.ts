import { LRUCache } from "lru-cache";
import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Cell, Field, FieldType } from "../../core/contract/field.js";
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
import { insteadOf } from "../kit/failures.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import { codecs, people } from "./cells.js";
import { openClearing } from "./clearing.js";
import { isEmptyCell } from "./compare.js";
import { fieldOf } from "./fields.js";
import type { CompleteFiles } from "./files.js";
import { openOrdering } from "./order.js";
import {
	keyOfTable,
	openRecordSearch,
	type ReadList,
} from "./record-search.js";

/** maxResults is 1 to 100. Source: "List multiple records". */
export const PAGE = 100;
/** The page "Insert records" names no maximum: 100 is what users of this API report, and what the vendor's MCP server takes. */
export const BATCH = 100;
/** Ids are read by looking through pages or one by one, whichever is less. */
export const IDS = 1_000;
const MOST_NAMED_FIELDS = 100;
/** Names of columns that are older are read again before a write: the vendor drops what it does not know. */
const NAMES_MAX_AGE_MS = 10_000;
const KEPT = 200;

export const sheetOf = ({ base, table }: TableRef) => ({
	params: { base, table },
	base,
	table,
});

type Methods =
	| "readPage"
	| "readByIds"
	| "createBatch"
	| "updateBatch"
	| "deleteBatch"
	| "readCreated";

/** Reads and writes rows: one page or one batch. */
export function recordMethods(
	api: Api,
	completeFiles: CompleteFiles,
): Required<Pick<Adapter, Methods>> {
	const { clock } = api.services;
	/** Names of columns by id, as read lately; by table. */
	const names = new LRUCache<
		string,
		{ readonly atMs: number; readonly byId: ReadonlyMap<string, string> }
	>({ max: KEPT });
	/** Rows that were sent under a key, for who asks later what became of them. */
	const sent = new LRUCache<string, readonly WireCells[]>({ max: 8 });

	const readNames = async (
		{ ref }: Table,
		context: CallContext,
	): Promise<ReadonlyMap<string, string>> => {
		const atMs = clock.now();
		const { value } = await api.call(calls.listFields, sheetOf(ref), context);
		const byId = new Map(
			list(value)
				.map(fieldOf)
				.map(({ id, name }) => [id, name]),
		);
		names.set(keyOfTable(ref), { atMs, byId });
		return byId;
	};

	/** Cells come by name: a name that is not in the schema means that a column was renamed or added since. */
	const rowsOf = async (
		table: Table,
		records: readonly Loose[],
		query: Pick<WireQuery, "system">,
		context: CallContext,
	): Promise<readonly WireRow[]> => {
		const shown = new Set(
			records.flatMap((record) => Object.keys(loose(record.fields))),
		);
		const covers = (byId: ReadonlyMap<string, string> | undefined) => {
			const named = new Set(byId?.values());
			return [...shown].every((name) => named.has(name)) ? byId : undefined;
		};
		const byId =
			covers(new Map(table.fields.map(({ id, name }) => [id, name]))) ??
			covers(names.get(keyOfTable(table.ref))?.byId) ??
			(await readNames(table, context));
		const ids = new Map(
			[...byId].flatMap(([id, name]) =>
				table.byId.has(id) ? [[name, id] as const] : [],
			),
		);
		return records.map((record) => rowOf(record, ids, query));
	};

	const readRecord = async (
		table: Table,
		id: string,
		context: CallContext,
	): Promise<Loose | undefined> =>
		api
			.call(
				calls.readRecord,
				{
					...sheetOf(table.ref),
					params: { ...table.ref, record: id },
				},
				context,
			)
			.catch(insteadOf(new Set(["not_found"] as const), undefined));

	const readList: ReadList = async (table, query, cursor, context) => {
		const answer = await api.call(
			calls.listRecords,
			{
				...sheetOf(table.ref),
				json: {
					maxResults: query.pageSize,
					...defined({ nextToken: cursor, filter: query.filter }),
					...namedFields(table, query.fields),
				},
			},
			context,
		);
		const token = text(answer.nextToken);
		const next =
			answer.hasMore === true && token !== undefined ? token : undefined;
		if (next !== undefined && next === cursor)
			throw new TablesError(
				"broken",
				`${api.title} gave the same page token twice`,
				{ next: "Query again from the beginning." },
			);
		return { records: list(answer.records), next };
	};

	const searchRecords = openRecordSearch(clock, PAGE, readList);

	/** Writes by name, with names that are still those of the columns. */
	const byName = async (
		table: Table,
		rows: readonly WireCells[],
		context: CallContext,
	): Promise<readonly Readonly<Record<string, unknown>>[]> => {
		const known = names.get(keyOfTable(table.ref));
		const isFresh = (atMs: number) => clock.now() - atMs <= NAMES_MAX_AGE_MS;
		const byId = isFresh(table.readAtMs)
			? new Map(table.fields.map(({ id, name }) => [id, name]))
			: known !== undefined && isFresh(known.atMs)
				? known.byId
				: await readNames(table, context);
		const nameOf = (id: string): string => {
			const name = byId.get(id);
			if (name !== undefined) return name;
			throw new TablesError(
				"not_found",
				`the field "${table.byId.get(id)?.name ?? id}" was deleted since its table was described`,
				{ next: "Call describe_fields, then call again without this field." },
			);
		};
		const complete = await completeFiles(table, rows, context);
		return complete.map((cells) =>
			Object.fromEntries(
				Object.entries(cells).map(([id, cell]) => [nameOf(id), cell]),
			),
		);
	};

	const readOne = async (
		table: Table,
		id: string,
		context: CallContext,
	): Promise<WireRow | undefined> => {
		const record = await readRecord(table, id, context);
		return record === undefined
			? undefined
			: (await rowsOf(table, [record], { system: [] }, context))[0];
	};
	const ordering = openOrdering(readOne);

	const update = openClearing(async (table, rows, context) => {
		const fields = await byName(
			table,
			rows.map(({ cells }) => cells),
			context,
		);
		const { value } = await api.call(
			calls.updateRecords,
			{
				...sheetOf(table.ref),
				json: {
					records: rows.map(({ id }, index) => ({ id, fields: fields[index] })),
				},
			},
			context,
		);
		// Ids that are missing from the answer were not updated.
		const done = new Set(list(value).map(({ id }) => id));
		return rows.flatMap(({ id }): WrittenRow[] =>
			done.has(id) ? [{ id }] : [],
		);
	}, readOne);

	return {
		async readPage(table, query, cursor, context) {
			const { records, next } = await readList(table, query, cursor, context);
			return {
				items: await rowsOf(table, records, query, context),
				...defined({ next }),
			} satisfies Page<WireRow>;
		},

		/** There is no call for several ids: a short table is looked through, of a long one each record is read. */
		async readByIds(table, ids, query, context) {
			const wanted = new Set(ids);
			const found =
				ids.length > 1
					? await searchRecords(table, wanted, query, context)
					: { records: [], whole: false };
			const records = new Map(
				found.records.map((record) => [text(record.id) ?? "", record]),
			);
			const rest = found.whole
				? []
				: [...wanted].filter((id) => !records.has(id));
			for (const record of await Promise.all(
				rest.map((id) => readRecord(table, id, context)),
			))
				if (record !== undefined) records.set(text(record.id) ?? "", record);
			return rowsOf(
				table,
				ids.flatMap((id): readonly Loose[] => {
					const record = records.get(id);
					return record === undefined ? [] : [record];
				}),
				query,
				context,
			);
		},

		async createBatch(table, rows, context) {
			const { idempotencyKey: clientToken } = context;
			const cells = rows.map((row) => withoutEmpty(table, row));
			const records = (await byName(table, cells, context)).map((fields) => ({
				fields,
			}));
			if (clientToken !== undefined) sent.set(clientToken, cells);
			const { value } = await api.call(
				calls.insertRecords,
				{
					...sheetOf(table.ref),
					query: [["clientToken", clientToken]],
					json: { records },
				},
				context,
			);
			const ids = list(value).flatMap(({ id }) => text(id) ?? []);
			const ordered = await ordering
				.byRows(table, ids, cells, context)
				.catch((cause: unknown) => {
					throw new TablesError(
						"outcome_unknown",
						`${api.title} made the records, and did not show which is which`,
						{ cause },
					);
				});
			return ordered.map((id) => ({ id }));
		},

		updateBatch: update,

		async deleteBatch(table, ids, context) {
			await api.call(
				calls.deleteRecords,
				{ ...sheetOf(table.ref), json: { recordIds: ids } },
				context,
			);
		},

		/** The lookup is undocumented: an answer of another shape, or of other records, proves nothing. */
		async readCreated(table, clientToken, context) {
			const answer = await api
				.call(
					calls.changedRecordIds,
					{ ...sheetOf(table.ref), json: { clientToken } },
					context,
				)
				.catch((error: unknown) => {
					if (error instanceof TablesError && error.code !== "cancelled")
						return {} as Loose;
					throw error;
				});
			const ids = idsIn(answer.changedRecordIds, table.ref.table);
			const rows = sent.get(clientToken);
			if (ids === undefined || ids.length === 0) return undefined;
			if (ids.length === 1) return ids;
			return rows === undefined
				? undefined
				: ordering.proven(table, ids, rows, context);
		},
	};
}

function rowOf(
	record: Loose,
	ids: ReadonlyMap<string, string>,
	{ system }: Pick<WireQuery, "system">,
): WireRow {
	const columns = {
		$created_at: number(record.createdTime) ?? null,
		$updated_at: number(record.lastModifiedTime) ?? null,
		$created_by: peopleOf(record.createdBy),
		$updated_by: peopleOf(record.lastModifiedBy),
		$url: null,
	} satisfies WireRow["system"];
	return {
		id: text(record.id) ?? "",
		cells: Object.fromEntries(
			Object.entries(loose(record.fields)).flatMap(([name, cell]) => {
				const id = ids.get(name);
				return id === undefined ? [] : [[id, cell]];
			}),
		),
		system: Object.fromEntries(
			system.map((column) => [column, columns[column]]),
		),
	};
}

function peopleOf(wire: unknown): Cell {
	return wire === undefined || wire === null ? null : people(wire);
}

/** Absent: all. Without any wanted field the primary one, since an empty list may mean all to the vendor. */
function namedFields(
	table: Table,
	fields: readonly Field[],
): { readonly fieldIdOrNames?: readonly string[]; readonly calcFields?: true } {
	const wanted =
		fields.length > 0 ? fields : table.fields.filter(({ primary }) => primary);
	return {
		...(wanted.length >= table.fields.length ||
		wanted.length > MOST_NAMED_FIELDS
			? {}
			: { fieldIdOrNames: wanted.map(({ id }) => id) }),
		// By its name it brings computed columns; nothing documents it, so it is sent only for those.
		...(wanted.some(({ type }) => COMPUTED.has(type))
			? { calcFields: true }
			: {}),
	};
}

const COMPUTED: ReadonlySet<FieldType> = new Set(
	(Object.entries(codecs) as [FieldType, object][])
		.filter(([, codec]) => "decode" in codec && !("encode" in codec))
		.map(([type]) => type),
);

/** A list of ids, or a list by sheet. */
function idsIn(wire: unknown, sheet: string): readonly string[] | undefined {
	const ids = Array.isArray(wire) ? wire : loose(wire)[sheet];
	return Array.isArray(ids) && ids.every((id) => typeof id === "string")
		? ids
		: undefined;
}

/** A new record is empty where nothing is said: so nothing rests on how the vendor takes an empty value. */
function withoutEmpty(table: Table, cells: WireCells): WireCells {
	return Object.fromEntries(
		Object.entries(cells).filter(([id, wire]) => !isEmptyCell(table, id, wire)),
	);
}
