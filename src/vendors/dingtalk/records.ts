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
import { type Loose, list, loose, number, text } from "../kit/cloud.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import { openClearing } from "./clearing.js";
import { isEmptyCell } from "./compare.js";
import { codecs, fieldOf, people } from "./fields.js";
import type { FileParts } from "./files.js";
import { openOrdering } from "./order.js";

/** Source: "List records": maxResults 1 to 100. */
export const PAGE = 100;
/** Not in the pages; reported by users of this API and stated for the product's other one. */
export const BATCH = 100;
/** Ids are read by looking through pages or one by one, whichever is less. */
export const IDS = 1_000;
const MOST_NAMED_FIELDS = 100;
/** Pages that are looked through before the rest is read one by one: a quarter of a call per id. */
const PAGES_PER_ID = 1 / 4;
/** Of a table known to be longer: so many, and as many more as the found ids pay for. */
const TRIED_PAGES = 2;
/** How long a look goes on where the one before has ended: who asks part by part mostly does so in order. */
const PLACE_MAX_AGE_MS = 60_000;
/** Names of columns that are older are read again before a write: the vendor drops what it does not know. */
const NAMES_MAX_AGE_MS = 10_000;
/** How long a table is known to be too long to be looked through. */
const LENGTH_MAX_AGE_MS = 600_000;
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

export function recordMethods(
	api: Api,
	fileParts: FileParts,
): Required<Pick<Adapter, Methods>> {
	const { clock } = api.services;
	/** Names of columns by id, as read lately; by table. */
	const names = new LRUCache<
		string,
		{ readonly atMs: number; readonly byId: ReadonlyMap<string, string> }
	>({ max: KEPT });
	/** Pages that a table has at least. */
	const lengths = new LRUCache<string, number>({
		max: KEPT,
		ttl: LENGTH_MAX_AGE_MS,
		perf: clock,
	});
	/** Where the last look through a table has ended; looks take turns. */
	const places = new LRUCache<string, string>({
		max: KEPT,
		ttl: PLACE_MAX_AGE_MS,
		perf: clock,
	});
	const looks = new Map<string, Promise<unknown>>();
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
		const tells = (byId: ReadonlyMap<string, string> | undefined) => {
			const told = new Set(byId?.values());
			return [...shown].every((name) => told.has(name)) ? byId : undefined;
		};
		const byId =
			tells(new Map(table.fields.map(({ id, name }) => [id, name]))) ??
			tells(names.get(keyOfTable(table.ref))?.byId) ??
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
			.catch((error: unknown) => {
				if (error instanceof TablesError && error.code === "not_found")
					return undefined;
				throw error;
			});

	const readList = async (
		table: Table,
		query: Pick<WireQuery, "fields" | "filter" | "pageSize">,
		cursor: string | undefined,
		context: CallContext,
	) => {
		const answer = await api.call(
			calls.listRecords,
			{
				...sheetOf(table.ref),
				json: {
					maxResults: query.pageSize,
					...(cursor === undefined ? {} : { nextToken: cursor }),
					...(query.filter === undefined ? {} : { filter: query.filter }),
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

	/** Records among those wanted that the pages show; `whole`: those that they do not show do not exist. */
	const lookThrough = async (
		table: Table,
		wanted: ReadonlySet<string>,
		{ fields }: Pick<WireQuery, "fields">,
		context: CallContext,
	): Promise<{
		readonly records: readonly Loose[];
		readonly whole: boolean;
	}> => {
		const key = keyOfTable(table.ref);
		const found = new Map<string, Loose>();
		const most = Math.ceil(wanted.size * PAGES_PER_ID);
		const isLong = (lengths.get(key) ?? 0) > most;
		const isPart = wanted.size > PAGE;
		const tried = isPart ? TRIED_PAGES : 0;
		let cursor = isPart ? places.get(key) : undefined;
		places.delete(key);
		let begins = cursor === undefined;
		for (
			let page = 1;
			page <= (isLong ? tried + found.size * PAGES_PER_ID : most);
			page++
		) {
			const { records, next } = await readList(
				table,
				{ fields, pageSize: PAGE },
				cursor,
				context,
			);
			for (const record of records) {
				const id = text(record.id) ?? "";
				if (wanted.has(id)) found.set(id, record);
			}
			cursor = next;
			if (cursor !== undefined) {
				places.set(key, cursor);
				if (begins && page + 1 > (lengths.get(key) ?? 0))
					lengths.set(key, page + 1);
			} else places.delete(key);
			const whole = cursor === undefined && begins;
			if (whole || found.size === wanted.size)
				return { records: [...found.values()], whole: true };
			// From the beginning, for what stands before the place where this look began.
			if (cursor === undefined) begins = true;
		}
		return { records: [...found.values()], whole: false };
	};

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
				{ next: "Call describe_fields, then again without it." },
			);
		};
		const complete = await fileParts.complete(table, rows, context);
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
				...(next === undefined ? {} : { next }),
			} satisfies Page<WireRow>;
		},

		/** There is no call for several ids: a short table is looked through, of a long one each record is read. */
		async readByIds(table, ids, query, context) {
			const wanted = new Set(ids);
			const found =
				ids.length > 1
					? await inTurn(looks, keyOfTable(table.ref), () =>
							lookThrough(table, wanted, query, context),
						)
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

		/** The lookup is undocumented: an answer of another shape, or of other records, tells nothing. */
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

/** After what has the same key. */
async function inTurn<T>(
	turns: Map<string, Promise<unknown>>,
	key: string,
	work: () => Promise<T>,
): Promise<T> {
	const mine = (turns.get(key) ?? Promise.resolve()).then(work, work);
	turns.set(key, mine);
	try {
		return await mine;
	} finally {
		if (turns.get(key) === mine) turns.delete(key);
	}
}

function keyOfTable({ base, table }: TableRef): string {
	return `${base}\n${table}`;
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
