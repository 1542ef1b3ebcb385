import { z } from "zod";
import type { Adapter } from "../../src/core/contract/adapter.js";
import type { CallContext } from "../../src/core/contract/call-context.js";
import type { Clock } from "../../src/core/contract/clock.js";
import type { FieldCodec, FieldCodecs } from "../../src/core/contract/codec.js";
import type { FilterDialect } from "../../src/core/contract/dialect.js";
import { TablesError } from "../../src/core/contract/errors.js";
import {
	FIELD_TYPES,
	type Field,
	type FieldType,
	type Person,
} from "../../src/core/contract/field.js";
import type { Limits } from "../../src/core/contract/limits.js";
import {
	CAPABILITIES,
	type Capabilities,
	type Capability,
} from "../../src/core/contract/methods.js";
import type { WireCells } from "../../src/core/contract/records.js";
import {
	OPERATORS,
	type Table,
	type WireRow,
} from "../../src/core/contract/table.js";
import type { Vendor } from "../../src/vendors/vendor.js";
import { seededRandom } from "../conformance/session.js";

/** A call of the adapter as a script sees it. */
export interface ScriptedCall {
	readonly method:
		| "createBatch"
		| "updateBatch"
		| "deleteBatch"
		| "readPage"
		| "readByIds";
	/** Of this method, from 0. */
	readonly number: number;
	/** Records of the batch, or ids asked for. */
	readonly size: number;
	readonly key?: string;
	readonly atMs: number;
	/** Cells of the batch, in order; for deletes and reads by id none. */
	readonly cells: readonly WireCells[];
}

/** What happens in place of plain success. */
export interface Step {
	/** Clock time that the call takes. */
	readonly takesMs?: number;
	/** The call goes on when this does. */
	readonly until?: Promise<void>;
	/** Thrown; nothing was done. */
	readonly refuse?: Error;
	/** Thrown after the work. */
	readonly lose?: Error;
	/** Records of the batch that are done before `lose`; absent = all. */
	readonly done?: number;
	/** Answers success, and does nothing. */
	readonly pretend?: true;
	/** Columns whose cells are answered as sent and not stored. */
	readonly skips?: readonly string[];
}

export type Script = (call: ScriptedCall) => Step | undefined;

export interface ScriptedOptions {
	readonly clock: Clock;
	readonly script?: Script;
	readonly batch?: number;
	readonly page?: number;
	readonly writes?: Limits["writes"];
	readonly bodyBytes?: number;
	readonly idempotent?: boolean;
	/** Ids of an earlier create with the same key can be asked for. */
	readonly tellsCreated?: boolean;
	readonly atomic?: boolean;
	/** The answer of a write shows what is stored. */
	readonly echoes?: boolean;
	/** Types whose write is proved by reading back. */
	readonly proves?: readonly FieldType[];
	/** Types whose first write of a form is proved by reading back. */
	readonly provesFirst?: readonly FieldType[];
	readonly pagesShift?: boolean;
	readonly pageCursors?: boolean;
	/** Has $created_at. */
	readonly timed?: boolean;
	/** Writes show in reads this much later. */
	readonly lateMs?: number;
	readonly types?: readonly FieldType[];
	readonly lacks?: readonly Capability[];
}

interface StoredTable {
	name: string;
	fields: Field[];
	readonly rows: Map<string, WireRow>;
	/** Writes that reads do not show yet. */
	readonly late: { readonly atMs: number; readonly apply: () => void }[];
}

export interface Scripted {
	readonly vendor: Vendor;
	readonly calls: readonly ScriptedCall[];
	/** Rows as they are stored, late ones included: titles by id. */
	cells(table: string): readonly WireCells[];
	/** Another writer, past the adapter. */
	put(table: string, cells: Readonly<Record<string, unknown>>): string;
	remove(table: string, id: string): void;
}

const WRITABLE: readonly FieldType[] = [
	"text",
	"number",
	"checkbox",
	"single_select",
	"multi_select",
	"date",
	"user",
	"link",
];
const READABLE: readonly FieldType[] = ["created_time", "created_by"];

const HERE: readonly Capability[] = [
	"createBatch",
	"updateBatch",
	"deleteBatch",
	"createTable",
	"renameTable",
	"deleteTable",
	"createField",
	"deleteField",
];

const BASE = "base1";

/**
 * A vendor in memory that can do little, cannot filter or sort, and does what a script says. Wire values are
 * the neutral ones.
 */
export function scripted(options: ScriptedOptions): Scripted {
	const { clock } = options;
	const random = seededRandom(7);
	const tables = new Map<string, StoredTable>();
	const calls: ScriptedCall[] = [];
	const counted = new Map<string, number>();
	const made = new Map<string, readonly string[]>();
	const batch = options.batch ?? 10;
	const lateMs = options.lateMs ?? 0;
	const newId = (prefix: string) =>
		`${prefix}${Math.floor(random() * 1e15)
			.toString(36)
			.padStart(10, "0")}`;

	const storedTable = ({ ref }: Pick<Table, "ref">): StoredTable => {
		const found = ref.base === BASE ? tables.get(ref.table) : undefined;
		if (found === undefined)
			throw new TablesError("not_found", `no table ${ref.table}`);
		return found;
	};
	const shown = (table: StoredTable) => {
		while (table.late[0] !== undefined && table.late[0].atMs <= clock.now())
			table.late.shift()?.apply();
		return table.rows;
	};
	const later = (table: StoredTable, apply: () => void) => {
		table.late.push({ atMs: clock.now() + lateMs, apply });
		shown(table);
	};
	const insert = (table: StoredTable, cells: WireCells): string => {
		const id = newId("row");
		const row = rowOf(id, cells);
		later(table, () => table.rows.set(id, row));
		return id;
	};
	const rowOf = (id: string, cells: WireCells): WireRow => ({
		id,
		cells: { ...cells },
		system: { $created_at: clock.now() },
	});
	const pick = (
		row: WireRow,
		fields: readonly Field[],
		table: StoredTable,
	): WireRow => ({
		id: row.id,
		cells: Object.fromEntries(
			fields.flatMap((field): [string, unknown][] => {
				const cell =
					field.type === "created_time"
						? row.system?.$created_at
						: field.type === "created_by"
							? [{ id: "me", name: "Me" }]
							: row.cells[field.id];
				return cell === undefined ||
					cell === null ||
					!table.fields.some(({ id }) => id === field.id)
					? []
					: [[field.id, cell]];
			}),
		),
		...(options.timed && row.system !== undefined
			? { system: row.system }
			: {}),
	});

	/** Runs one call by the script: what is done, then what is answered. */
	const play = async <T>(
		method: ScriptedCall["method"],
		rows: readonly WireCells[],
		size: number,
		context: CallContext,
		work: (count: number, skips: readonly string[]) => T,
	): Promise<T> => {
		const number = counted.get(method) ?? 0;
		counted.set(method, number + 1);
		const call: ScriptedCall = {
			method,
			number,
			size,
			atMs: clock.now(),
			cells: rows,
			...(context.idempotencyKey === undefined
				? {}
				: { key: context.idempotencyKey }),
		};
		calls.push(call);
		const step = options.script?.(call) ?? {};
		if (step.takesMs !== undefined)
			await clock.sleep(step.takesMs, context.signal);
		await step.until;
		if (step.refuse !== undefined) throw step.refuse;
		const answer = work(
			step.pretend ? 0 : (step.done ?? size),
			step.skips ?? [],
		);
		if (step.lose !== undefined) throw step.lose;
		return answer;
	};

	const keptOf = (
		table: StoredTable,
		cells: WireCells,
		skips: readonly string[],
	): WireCells =>
		Object.fromEntries(
			Object.entries(cells).filter(
				([id]) =>
					!table.fields.some(
						(field) => field.id === id && skips.includes(field.name),
					),
			),
		);
	const known = (key: string | undefined) =>
		options.idempotent && key !== undefined ? made.get(key) : undefined;
	const echo = (id: string, cells: WireCells, real: boolean) => ({
		id,
		...(options.echoes ? { stored: real ? cells : {} } : {}),
	});

	const types = new Set(options.types ?? [...WRITABLE, ...READABLE]);
	const adapter = (): Adapter => {
		const whole: Adapter = {
			limits: {
				page: options.page ?? 10,
				ids: 10,
				batch: { create: batch, update: batch, delete: batch },
				rates: [{ calls: 5, perMs: 1000, per: "account", kind: "any" }],
				writes: options.writes ?? "parallel",
				...(options.bodyBytes === undefined
					? {}
					: { bodyBytes: options.bodyBytes }),
			},
			codecs: codecs(types, options),
			dialect: NO_DIALECT,
			systemColumns: options.timed ? ["$created_at"] : [],
			sortable: () => false,
			pagesShift: options.pagesShift ?? false,
			cellsBy: "id",
			viewRule: "vendor",
			idempotent: {
				create: options.idempotent ?? false,
				update: options.idempotent ?? false,
				delete: false,
			},
			atomicBatches: options.atomic ?? true,
			createsOptions: false,
			deletedLinks: { otherSide: "goes", incoming: "go" },
			async addOptions(table, field, names) {
				const stored = storedTable(table);
				const own = stored.fields.find(({ id }) => id === field.id) as Field;
				const settings = {
					...own.settings,
					options: [
						...(own.settings.options ?? []),
						...names.map((name) => ({ id: newId("opt"), name })),
					],
				};
				stored.fields = stored.fields.map((other) =>
					other.id === field.id ? { ...other, settings } : other,
				);
				return settings.options;
			},
			async readBases() {
				return { items: [{ id: BASE, name: "The base" }] };
			},
			async readNodes(base, { kinds }) {
				if (base !== BASE)
					throw new TablesError("not_found", `no base ${base}`);
				return {
					items: kinds.includes("table")
						? [...tables].map(([id, { name }]) => ({
								kind: "table" as const,
								base,
								id,
								name,
							}))
						: [],
				};
			},
			async readTable(ref) {
				const { name, fields } = storedTable({ ref });
				return {
					ref,
					name,
					fields: [...fields],
					byId: new Map(fields.map((field) => [field.id, field])),
					views: [],
					zone: "Asia/Shanghai",
					readAtMs: clock.now(),
				};
			},
			async resolveUrl(url) {
				if (url.host !== "tables.example.net") return undefined;
				const table = url.pathname.slice(1);
				return tables.has(table)
					? { base: BASE, table }
					: { unresolvable: "paste the address of a table" };
			},
			async readPage(table, query, cursor, context) {
				const stored = storedTable(table);
				return play("readPage", [], query.pageSize, context, () => {
					const rows = [...shown(stored).values()];
					const start = Number(cursor ?? 0);
					const end = start + query.pageSize;
					return {
						items: rows
							.slice(start, end)
							.map((row) => pick(row, query.fields, stored)),
						...(end < rows.length ? { next: String(end) } : {}),
						...(options.pageCursors ? { total: rows.length } : {}),
					};
				});
			},
			...(options.pageCursors
				? {
						pageCursor: (index: number) => String(index * (options.page ?? 10)),
					}
				: {}),
			async readByIds(table, ids, query, context) {
				const stored = storedTable(table);
				return play("readByIds", [], ids.length, context, () =>
					ids.flatMap((id) => {
						const row = shown(stored).get(id);
						return row === undefined ? [] : [pick(row, query.fields, stored)];
					}),
				);
			},
			async createBatch(table, rows, context) {
				const stored = storedTable(table);
				limited(rows.length);
				const work = (count: number, skips: readonly string[]) => {
					const before = known(context.idempotencyKey);
					const ids =
						before ??
						rows.map((cells, index) =>
							index < count
								? insert(stored, keptOf(stored, cells, skips))
								: newId("row"),
						);
					if (context.idempotencyKey !== undefined && count > 0)
						made.set(context.idempotencyKey, ids);
					return ids.map((id, index) =>
						echo(id, rows[index] as WireCells, index < count),
					);
				};
				return play("createBatch", rows, rows.length, context, work);
			},
			async updateBatch(table, rows, context) {
				const stored = storedTable(table);
				limited(rows.length);
				return play(
					"updateBatch",
					rows.map(({ cells }) => cells),
					rows.length,
					context,
					(count, skips) => {
						for (const { id, cells } of rows.slice(0, count)) {
							if (!stored.rows.has(id))
								throw new TablesError("not_found", `no record ${id}`);
							later(stored, () => {
								const row = stored.rows.get(id);
								if (row !== undefined)
									stored.rows.set(id, {
										...row,
										cells: { ...row.cells, ...keptOf(stored, cells, skips) },
									});
							});
						}
						return rows.map(({ id, cells }, index) =>
							echo(id, cells, index < count),
						);
					},
				);
			},
			async deleteBatch(table, ids, context) {
				const stored = storedTable(table);
				limited(ids.length);
				await play("deleteBatch", [], ids.length, context, (count) => {
					for (const id of ids.slice(0, count))
						later(stored, () => void stored.rows.delete(id));
				});
			},
			...(options.tellsCreated
				? { readCreated: async (_table: Table, key: string) => made.get(key) }
				: {}),
			async createTable(base, { name, fields }) {
				const table = newId("tbl");
				tables.set(table, { name, fields: [], rows: new Map(), late: [] });
				const stored = storedTable({ ref: { base, table } });
				for (const spec of fields)
					addField(stored, spec.name, spec.type, spec.settings);
				return { base, table };
			},
			async renameTable(table, name) {
				storedTable(table).name = name;
			},
			async deleteTable(table) {
				tables.delete(table.ref.table);
			},
			async createField(table, spec) {
				return addField(
					storedTable(table),
					spec.name,
					spec.type,
					spec.settings,
				);
			},
			async deleteField(table, field) {
				const stored = storedTable(table);
				stored.fields = stored.fields.filter(({ id }) => id !== field.id);
			},
			async findPeople(_table, _field, texts) {
				return texts.map((text): Person => ({ id: text, name: text }));
			},
			async readNames(ids) {
				return new Map(ids.map((id) => [id, id]));
			},
			async check() {
				return [];
			},
		};
		for (const name of options.lacks ?? [])
			delete (whole as Partial<Record<Capability, unknown>>)[name];
		return whole;
	};
	const addField = (
		stored: StoredTable,
		name: string,
		type: FieldType,
		settings: Field["settings"],
	): string => {
		if (!types.has(type))
			throw new TablesError(
				"unsupported",
				`"${name}": the scripted vendor has no ${type}`,
			);
		const id = newId("fld");
		const showsTime = type === "date" && /[Hh]/.test(settings.format ?? "");
		stored.fields = [
			...stored.fields,
			{
				id,
				name,
				type,
				primary: stored.fields.length === 0,
				settings: { ...settings, ...(showsTime ? { showsTime } : {}) },
				wireType: type,
				...(READABLE.includes(type)
					? { readOnly: "the vendor writes it" }
					: {}),
			},
		];
		return id;
	};
	const limited = (size: number) => {
		if (size > batch)
			throw new Error(`a batch of ${size} where ${batch} are allowed`);
	};
	const storedOf = (reference: string) => {
		const stored = tables.get(reference.split("/")[1] as string);
		if (stored === undefined) throw new Error(`no table ${reference}`);
		for (const { apply } of stored.late.splice(0)) apply();
		return stored;
	};
	return {
		calls,
		vendor: {
			id: "scripted",
			config: z.strictObject({}),
			variables: [],
			keywords: [],
			fromEnvironment: () => ({}),
			title: () => "Scripted vendor",
			capabilities: capabilities(options.lacks ?? []),
			connect: async () => adapter(),
		},
		cells: (reference) => {
			const { rows, fields } = storedOf(reference);
			return [...rows.values()].map(({ cells }) =>
				Object.fromEntries(
					fields.flatMap(({ id, name }) =>
						cells[id] === undefined ? [] : [[name, cells[id]]],
					),
				),
			);
		},
		put(reference, cells) {
			const stored = storedOf(reference);
			const byName = new Map(stored.fields.map(({ id, name }) => [name, id]));
			const id = newId("row");
			stored.rows.set(
				id,
				rowOf(
					id,
					Object.fromEntries(
						Object.entries(cells).map(([name, cell]) => [
							byName.get(name) ?? name,
							cell,
						]),
					),
				),
			);
			return id;
		},
		remove: (reference, id) => void storedOf(reference).rows.delete(id),
	};
}

function capabilities(lacks: readonly Capability[]): Capabilities {
	return Object.fromEntries(
		CAPABILITIES.map((name) => [
			name,
			HERE.includes(name) && !lacks.includes(name)
				? true
				: { unsupported: `the scripted vendor has no ${name}; do it by hand` },
		]),
	) as unknown as Capabilities;
}

function codecs(
	types: ReadonlySet<FieldType>,
	{
		proves = [],
		provesFirst = [],
	}: Pick<ScriptedOptions, "proves" | "provesFirst">,
): FieldCodecs {
	return Object.fromEntries(
		FIELD_TYPES.map((type) => [
			type,
			types.has(type)
				? ({
						wireTypes: [type],
						decode: (wire: unknown) => wire,
						...(READABLE.includes(type)
							? {}
							: { encode: (value: unknown) => value }),
						...(proves.includes(type) ? { prove: true } : {}),
						...(provesFirst.includes(type) ? { prove: "first" } : {}),
						...(type === "link"
							? { isId: (text: string) => /^row[0-9a-z]{10}$/.test(text) }
							: {}),
					} as FieldCodec<FieldType>)
				: { unsupported: `the scripted vendor has no ${type}` },
		]),
	) as unknown as FieldCodecs;
}

const NO_DIALECT: FilterDialect = {
	operators: Object.fromEntries(
		OPERATORS.map((operator) => [
			operator,
			{ unsupported: "the scripted vendor filters nothing" },
		]),
	) as unknown as FilterDialect["operators"],
	all: (parts) => parts,
	nests: false,
};

/** In a step's `lose`: the process is killed while the vendor answers. */
export const KILLED = new Error("killed");

/** Failures as http makes them. */
export const FAILURES = {
	throttled: () =>
		new TablesError("throttled", "too many calls", { retryAfterMs: 30_000 }),
	unreachable: () => new TablesError("unreachable", "no connection"),
	lost: () =>
		new TablesError("outcome_unknown", "the connection broke after sending"),
	refused: () => new TablesError("bad_value", "a value is wrong"),
	forbidden: () => new TablesError("not_allowed", "no right to edit"),
	duplicate: () =>
		new TablesError("duplicate_token", "the key was used before"),
} as const;
