import { mkdir, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../core/contract/clock.js";
import { TablesError } from "../../core/contract/errors.js";
import {
	failureOf,
	onThisMachine,
} from "../../core/contract/machine-failures.js";
import type { Table, TableRef } from "../../core/contract/table.js";
import type { Services } from "../vendor.js";
import type { LocalConfig } from "./config.js";
import { prepareFile, readFields, readViews } from "./layout.js";
import { openSqlite, type Sqlite, type SqlRow } from "./sqlite.js";

const LETTERS =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** What an id begins with, and how many letters follow. */
const ID_LENGTHS = {
	bas: 10,
	tbl: 10,
	fld: 10,
	viw: 10,
	rec: 14,
	opt: 8,
	fil: 20,
} as const;

/** What the parts of the adapter share. */
export interface Store {
	readonly db: Sqlite;
	readonly clock: Clock;
	/** IANA name; of bases that name none. */
	readonly zone: string;
	/** Who is written as creator and editor. */
	readonly user: string;
	/** Path of the SQLite file. */
	readonly file: string;
	/** Folder of the attachments, beside the file; made with the first one. */
	readonly filesDir: string;
	/** Ids of tables that were in this store by what the journal has, and are not. */
	missingTables(): Promise<readonly string[]>;
	newId(kind: keyof typeof ID_LENGTHS): string;
}

/** Where the SQLite file lies, and the folder of its attachments. */
export function placesOf(
	config: LocalConfig,
	dataDir: string,
): Pick<Store, "file" | "filesDir"> {
	const file = config.file ?? join(dataDir, "local.db");
	return { file, filesDir: join(dirname(file), "attachments") };
}

/** Opens or makes the file and brings its layout up to date. */
export async function openStore(
	config: LocalConfig,
	services: Services,
): Promise<Store> {
	const { clock, dataDir, zone } = services;
	const { file, filesDir } = placesOf(config, dataDir);
	await onThisMachine(`the local store ${file}`, () =>
		prepareFolder(file, filesDir),
	);
	const db = await openSqlite(file, clock);
	try {
		await prepareFile(db);
		await expectFilled(db, file, services);
	} catch (error) {
		db.close();
		throw error;
	}
	return {
		db,
		clock,
		zone,
		user: config.user ?? "local",
		file,
		filesDir,
		missingTables: () => missingTables(db, services),
		newId(kind) {
			let id: string = kind;
			for (let index = 0; index < ID_LENGTHS[kind]; index++)
				id += LETTERS[Math.floor(services.random() * LETTERS.length)];
			return id;
		},
	};
}

/** @throws TablesError broken where it has no tables, and had some. */
async function expectFilled(
	db: Sqlite,
	file: string,
	services: Services,
): Promise<void> {
	if (db.all("SELECT id FROM tables LIMIT 1").length > 0) return;
	const { length } = await missingTables(db, services);
	if (length > 0)
		throw failureOf(
			"EMPTIED",
			`the local store ${file}`,
			new Error(`${length} table${length === 1 ? "" : "s"}`),
		);
}

async function missingTables(
	db: Sqlite,
	{ knownTables }: Services,
): Promise<readonly string[]> {
	const known = (await knownTables?.()) ?? new Set<string>();
	const there = new Set(db.all("SELECT id FROM tables").map(({ id }) => id));
	return [...known].filter((id) => !there.has(id));
}

/**
 * Makes the folder and an empty file that only its owner may read; a file that was there keeps its rights.
 * @throws TablesError broken for an empty file where there was a store: SQLite would begin a new one without a word.
 */
async function prepareFolder(file: string, filesDir: string): Promise<void> {
	await mkdir(dirname(file), { recursive: true, mode: 0o700 });
	const log = await stat(`${file}-wal`).catch(() => undefined);
	const hasLog = log !== undefined && log.size > 0;
	const info = await stat(file).catch(() => undefined);
	if (info?.isDirectory())
		throw failureOf(
			"EISDIR",
			`the local store ${file}`,
			new Error("it is a folder"),
		);
	const attachments =
		info?.size === 0 ? await readdir(filesDir).catch(() => []) : [];
	if ((info?.size ?? 0) === 0 && (hasLog || attachments.length > 0))
		throw failureOf(
			"SQLITE_NOTADB",
			`the local store ${file}`,
			new Error(
				`the file is ${info === undefined ? "gone" : "empty"}, and what belonged to it is still there: ${hasLog ? `${file}-wal` : filesDir}`,
			),
		);
	try {
		// Never opened where it is there: closing it again would drop the locks that another connection of this process has.
		await (await open(file, "wx", 0o600)).close();
	} catch (error) {
		if ((error as { code?: string }).code !== "EEXIST") throw error;
	}
}

/** @throws TablesError not_found */
export function needBase({ db }: Store, base: string): SqlRow {
	const row = db.all("SELECT id, name, time_zone FROM bases WHERE id = ?", [
		base,
	])[0];
	if (row === undefined)
		throw new TablesError("not_found", `no base ${base} in the local store`, {
			next: "Call list_tables for what there is.",
		});
	return row;
}

/** @throws TablesError not_found */
export function needTable({ db }: Store, { base, table }: TableRef): SqlRow {
	const row = db.all(
		"SELECT tables.name, tables.description, tables.numbered, bases.time_zone FROM tables JOIN bases ON bases.id = tables.base WHERE tables.id = ? AND tables.base = ?",
		[table, base],
	)[0];
	if (row === undefined)
		throw new TablesError("not_found", `no table ${table} in base ${base}`, {
			next: "Call list_tables for what there is.",
		});
	return row;
}

/**
 * A table with its fields and views as they are now.
 * @throws TablesError not_found
 */
export function loadTable(store: Store, ref: TableRef): Table {
	const row = needTable(store, ref);
	const fields = readFields(store.db, ref.table);
	return {
		ref: { base: ref.base, table: ref.table },
		name: row.name as string,
		fields,
		byId: new Map(fields.map((field) => [field.id, field])),
		views: readViews(store.db, ref.table),
		zone: (row.time_zone as string | null) ?? store.zone,
		access: "manage",
		readAtMs: store.clock.now(),
	};
}
