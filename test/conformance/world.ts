import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { FileSource } from "../../src/core/contract/attachments.js";
import type { Field, FieldType } from "../../src/core/contract/field.js";
import type { Running } from "../../src/core/contract/running.js";
import type { Session } from "../../src/core/contract/session.js";
import type {
	FilterInput,
	Row,
	SortInput,
} from "../../src/core/contract/table.js";
import { type Located, locate } from "../../src/core/places/locate.js";
import { readRows } from "../../src/core/read/read.js";
import type { ToolAnswer } from "../../src/tools/tool.js";
import {
	COMPUTED_COLUMNS,
	type ColumnChange,
	type ColumnName,
	type ColumnSample,
	type ComputedColumn,
	sampleColumns,
} from "./columns.js";
import { callTool, runningOf } from "./session.js";

export interface FieldGiven {
	readonly name: string;
	readonly type: FieldType;
	readonly settings?: Readonly<Record<string, unknown>>;
}

export interface TableGiven {
	readonly name: string;
	readonly fields: readonly FieldGiven[];
}

/** A view in the words of `create_view`; fields by name. */
export interface ViewGiven {
	readonly name: string;
	readonly filter?: FilterInput;
	readonly sort?: readonly SortInput[];
	readonly hidden_fields?: readonly string[];
}

/** A vendor with an account, ready to be asked. */
export interface Subject {
	readonly session: Session;
	/** Name of the connection that is tested. */
	readonly connection: string;
	/** Id of the base in which tables are made. */
	readonly base: string;
	/**
	 * Makes an empty table and answers its reference; absent = `create_table` does it. For vendors whose API cannot
	 * make tables, or not all types of fields: the fake makes them behind the API. `settings.link_table` is a reference.
	 */
	makeTable?(table: TableGiven): Promise<string>;
	/** Makes a view behind the API, for vendors that have views and no way to make them; answers its id. */
	makeView?(table: string, view: ViewGiven): Promise<string>;
	/** Called after every write and before the next read: for vendors that show values late. */
	shown?(): Promise<void>;
	/** Addresses that a browser would show, and what they name. */
	readonly urls?: readonly {
		readonly url: string;
		readonly names:
			| {
					readonly base: string;
					readonly table?: string;
					readonly view?: string;
					readonly record?: string;
			  }
			| "unresolvable";
	}[];
	close(): Promise<void>;
}

export interface ConformanceOptions {
	/** A new account with nothing in it but one base; its session keeps what it keeps in `folder`, which goes with it. */
	open(folder: string): Promise<Subject>;
	/** Columns that differ from the samples of `columns.ts`, or that this vendor's tables cannot have, with the reason. */
	readonly columns?: Partial<Record<ColumnName | ComputedColumn, ColumnChange>>;
	/** Further columns, such as a formula; `given` is empty where the vendor computes them. */
	readonly moreColumns?: Readonly<Record<string, ColumnSample>>;
	/** Cases that this vendor cannot pass, by name, with the reason. A case that passes all the same is a failure. */
	readonly exceptions?: Readonly<Record<string, string>>;
	/** The vendor sorts texts by a collation of its own; absent = by code units, as the core does. */
	readonly collates?: boolean;
	/** Records of the largest write; default: two batches and one record, at most 1,001. */
	readonly manyRecords?: number;
}

/** Everything that a case needs: one account, one table with all columns, and rows in it. */
export interface World {
	readonly options: ConformanceOptions;
	readonly subject: Subject;
	readonly session: Session;
	/** The columns that exist, those that are computed included. */
	readonly columns: ReadonlyMap<string, ColumnSample>;
	readonly absent: ReadonlyMap<string, string>;
	/** Reference of the table with all columns; its rows are never changed. */
	readonly table: string;
	/** Reference of the table that `link` points to. */
	readonly target: string;
	/** Ids of the rows of `target`, titled T0, T1, … */
	readonly targets: readonly string[];
	/** Ids in the order in which they were created, and what was written into each, by column. */
	readonly rows: readonly {
		readonly id: string;
		readonly given: Readonly<Record<string, unknown>>;
	}[];
	readonly located: () => Promise<Located>;
}

const ROWS = 23;
const TARGETS = 4;

/** Name of the primary column of every table that the suite makes. */
export const TITLE = "Title";

export async function openWorld(options: ConformanceOptions): Promise<World> {
	const folder = await mkdtemp(join(tmpdir(), "tables-mcp-"));
	const opened = await options.open(folder);
	const subject: Subject = {
		...opened,
		async close() {
			await opened.close();
			await rm(folder, { recursive: true, force: true });
		},
	};
	try {
		return await fill(options, subject);
	} catch (error) {
		await subject.close();
		throw error;
	}
}

async function fill(
	options: ConformanceOptions,
	subject: Subject,
): Promise<World> {
	const { session } = subject;
	const target = await makeTable(subject, {
		name: "Conformance targets",
		fields: [{ name: TITLE, type: "text" }],
	});
	const targets = idsOf(
		await callTool(session, "create_records", {
			table: target,
			records: Array.from({ length: TARGETS }, (_, index) => ({
				fields: { [TITLE]: `T${index}` },
			})),
		}),
	);
	await subject.shown?.();
	const { adapter, table: made } = await locate(
		session,
		target,
		runningOf(session),
	);
	const columns = new Map<string, ColumnSample>();
	const absent = new Map<string, string>();
	const add = (name: string, sample: ColumnSample) => {
		const change = options.columns?.[name as ColumnName];
		const codec = adapter.codecs[sample.type];
		if (change !== undefined && "absent" in change)
			absent.set(name, change.absent);
		else if ("unsupported" in codec) absent.set(name, codec.unsupported);
		else columns.set(name, { ...sample, ...change });
	};
	const samples = sampleColumns(session.clock.now(), made.zone);
	for (const [name, sample] of Object.entries(samples)) add(name, sample);
	for (const [name, type] of Object.entries(COMPUTED_COLUMNS))
		add(name, { type, given: [] });
	for (const [name, sample] of Object.entries(options.moreColumns ?? {}))
		columns.set(name, sample);
	const titled = (index: number) => `T${index}`;
	if ("decode" in adapter.codecs.link)
		columns.set("link", {
			type: "link",
			settings: { link_table: target },
			given: [[targets[0]], [targets[2], targets[1]]],
			shown: [[titled(0)], [titled(2), titled(1)]],
		});
	const table = await makeTable(subject, {
		name: "Conformance of everything",
		fields: [
			{ name: TITLE, type: "text" },
			...fieldsOfColumns([...columns]),
			...("decode" in adapter.codecs.attachment
				? [{ name: "attachment", type: "attachment" as const }]
				: []),
		],
	});
	const files = await uploads(session, table, ["a.txt", "b, c.txt"]);
	if (files.length > 0)
		columns.set("attachment", {
			type: "attachment",
			given: [
				[{ token: files[0] }],
				[{ token: files[1] }, { token: files[0] }],
			],
			shown: [["a.txt"], ["b, c.txt", "a.txt"]],
		});
	const given = Array.from({ length: ROWS }, (_, row) => rowOf(row, columns));
	const created = await callTool(session, "create_records", {
		table,
		records: given.map((fields) => ({ fields })),
	});
	const ids = idsOf(created);
	expect(created.text).toMatch(/^DONE: 23 created/);
	await subject.shown?.();
	return {
		options,
		subject,
		session,
		columns,
		absent,
		table,
		target,
		targets,
		rows: ids.map((id, index) => ({ id, given: given[index] ?? {} })),
		located: () => locate(session, table, runningOf(session)),
	};
}

/** Each column goes through its values and through empty at its own pace, so that rows are mixed. */
function rowOf(
	row: number,
	columns: ReadonlyMap<string, ColumnSample>,
): Record<string, unknown> {
	const fields: Record<string, unknown> = {
		[TITLE]: `Row ${String(row).padStart(2, "0")}`,
	};
	for (const [index, [name, { given }]] of [...columns].entries()) {
		const slots = given.length + 1;
		const round = Math.floor(row / slots);
		const value = given[(row + round * (index + 1) + index) % slots];
		if (value !== undefined) fields[name] = value;
	}
	return fields;
}

function fieldsOfColumns(
	columns: readonly (readonly [string, ColumnSample])[],
): FieldGiven[] {
	return columns.map(([name, { type, settings }]) => ({
		name,
		type,
		...(settings === undefined ? {} : { settings }),
	}));
}

/** A table of a name that no other has. */
export async function makeTable(
	subject: Subject,
	table: TableGiven,
): Promise<string> {
	const unique = {
		...table,
		name: `${table.name} ${subject.session.uuid().slice(0, 8)}`,
	};
	if (subject.makeTable !== undefined) return subject.makeTable(unique);
	const { structured } = await callTool(subject.session, "create_table", {
		connection: subject.connection,
		base: subject.base,
		...unique,
	});
	return structured.table as string;
}

/** A table with one column of the world's beside the title. */
export function tableWith(
	{ subject, columns }: Pick<World, "subject" | "columns">,
	names: readonly string[],
): Promise<string> {
	return makeTable(subject, {
		name: `Conformance of ${names.join(", ")}`.slice(0, 60),
		fields: [
			{ name: TITLE, type: "text" },
			...fieldsOfColumns(
				names.map((name) => [name, columns.get(name) as ColumnSample] as const),
			),
		],
	});
}

export function fileOf(name: string, text: string): FileSource {
	const bytes = Buffer.from(text);
	return {
		name,
		size: bytes.length,
		type: "text/plain",
		read: async (start, end) => bytes.subarray(start, end),
	};
}

/** Tokens of small files, where the vendor takes any. */
async function uploads(
	session: Session,
	table: string,
	names: readonly string[],
): Promise<readonly string[]> {
	const running = runningOf(session);
	const located = await locate(session, table, running);
	const field = located.table.fields.find(({ type }) => type === "attachment");
	if (located.adapter.uploadFile === undefined || field === undefined)
		return [];
	const tokens: string[] = [];
	for (const name of names)
		tokens.push(
			(
				await located.adapter.uploadFile(
					located.table,
					field,
					fileOf(name, `text of ${name}`),
					running.call,
					() => {},
				)
			).token,
		);
	return tokens;
}

/** A write, and the time that the vendor needs to show it. */
export async function writeWith(
	{ session, subject }: Pick<World, "session" | "subject">,
	tool: string,
	args: Readonly<Record<string, unknown>>,
	running?: Running,
): Promise<ToolAnswer> {
	const answer = await callTool(session, tool, args, running);
	await subject.shown?.();
	return answer;
}

export function idsOf({ structured }: ToolAnswer): string[] {
	const ids = structured.ids as readonly (string | null)[];
	for (const id of ids) expect(id).toEqual(expect.any(String));
	return ids as string[];
}

export interface QueryAnswer {
	readonly columns: readonly string[];
	readonly rows: readonly (readonly unknown[])[];
	readonly returned: number;
	readonly total: number | null;
	readonly truncated: boolean;
	readonly next_cursor: string | null;
	readonly notes: readonly string[];
}

export async function query(
	{ session }: Pick<World, "session">,
	args: Readonly<Record<string, unknown>>,
): Promise<QueryAnswer> {
	return (await callTool(session, "query_records", args))
		.structured as unknown as QueryAnswer;
}

/** Ids of all rows that a query answers, page by page. */
export async function idsFrom(
	world: Pick<World, "session">,
	args: Readonly<Record<string, unknown>>,
	limit = 1000,
): Promise<string[]> {
	const ids: string[] = [];
	let cursor: string | null = null;
	for (let page = 0; page < 500; page++) {
		const answer: QueryAnswer = await query(world, {
			fields: [TITLE],
			...args,
			limit,
			...(cursor === null ? {} : { cursor }),
		});
		ids.push(...answer.rows.map(([id]) => id as string));
		cursor = answer.next_cursor;
		if (cursor === null) return ids;
	}
	throw new Error("paging did not end");
}

/** All rows of a table in neutral form, as the evaluator takes them. */
export async function allRows(
	{ session }: Pick<World, "session">,
	located: Located,
): Promise<readonly Row[]> {
	const rows: Row[] = [];
	for await (const some of readRows(
		located,
		{ fields: located.table.fields, system: located.adapter.systemColumns },
		runningOf(session).call,
	))
		rows.push(...some);
	return rows;
}

export function fieldIn(
	{ table }: Pick<Located, "table">,
	name: string,
): Field {
	const field = table.fields.find((candidate) => candidate.name === name);
	if (field === undefined) throw new Error(`no field ${name}`);
	return field;
}

/** Unset and false are equal, and so are null and absent. */
export function plainValue(value: unknown): unknown {
	return value === false || value === undefined ? null : value;
}

/** The same session, with every call of a writing method counted. */
export function countingWrites({
	session,
	subject,
}: Pick<World, "session" | "subject">): {
	readonly session: Session;
	readonly calls: string[];
} {
	const calls: string[] = [];
	const connection = session.connections.get(subject.connection);
	if (connection === undefined) throw new Error("no such connection");
	const counted = {
		...connection,
		async adapter() {
			const adapter = await connection.adapter();
			const wrapped: Record<string, unknown> = { ...adapter };
			for (const name of [
				"createBatch",
				"updateBatch",
				"deleteBatch",
				"addOptions",
			] as const) {
				const method = adapter[name] as
					| ((...args: unknown[]) => unknown)
					| undefined;
				if (method === undefined) continue;
				wrapped[name] = (...args: unknown[]) => {
					calls.push(name);
					return method(...args);
				};
			}
			return wrapped as unknown as typeof adapter;
		},
	};
	return {
		calls,
		session: {
			...session,
			memory: new Map(),
			connections: new Map([
				...session.connections,
				[connection.name, counted],
			]),
		},
	};
}
