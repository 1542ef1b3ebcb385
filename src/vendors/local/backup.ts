import { randomUUID } from "node:crypto";
import {
	chmod,
	copyFile,
	lstat,
	mkdir,
	open,
	rename,
	rm,
	stat,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../core/contract/clock.js";
import { TablesError } from "../../core/contract/errors.js";
import { onThisMachine } from "../../core/contract/machine-failures.js";
import type { StoreBackup } from "../vendor.js";
import type { LocalConfig } from "./config.js";
import { recordsOf } from "./layout.js";
import { openSqlite, type Sqlite } from "./sqlite.js";
import { placesOf } from "./store.js";

/**
 * A whole copy of the store at `to`, which only its owner may read, while others go on writing; its attachments in a folder beside
 * it. All of it or nothing: what is not finished has no name yet.
 * @throws TablesError not_found without a store, bad_argument where something has that name, and what the machine refuses.
 */
export async function backupStore(
	config: LocalConfig,
	{ clock, dataDir }: { readonly clock: Clock; readonly dataDir: string },
	to: string,
): Promise<StoreBackup> {
	const store = placesOf(config, dataDir);
	const folder = `${to}.attachments`;
	await checkPlaces(store.file, [to, folder]);
	const part = join(dirname(to), `.${randomUUID()}.part`);
	const parts = { file: part, folder: `${part}s` };
	try {
		return await onThisMachine(`the backup to ${to}`, async () => {
			await copyDatabase(store.file, parts.file, clock);
			const found = await contentsOf(parts.file, clock);
			const files = await copyAttachments(store.filesDir, parts.folder, found);
			const { size } = await stat(parts.file);
			if (files.count > 0) await rename(parts.folder, folder);
			await place(parts.file, to).catch(async (error: unknown) => {
				await rm(folder, { recursive: true, force: true });
				throw error;
			});
			return {
				from: store.file,
				file: to,
				bytes: size,
				bases: found.bases,
				tables: found.tables,
				records: found.records,
				attachments: {
					...files,
					from: store.filesDir,
					...(files.count > 0 ? { folder } : {}),
				},
			};
		});
	} finally {
		await rm(parts.file, { force: true });
		await rm(parts.folder, { recursive: true, force: true });
	}
}

async function checkPlaces(
	file: string,
	targets: readonly string[],
): Promise<void> {
	const info = await stat(file).catch(() => undefined);
	if (info === undefined || info.size === 0)
		throw new TablesError("not_found", `there is no local store at ${file}`, {
			next: "It is made with the first call that needs it; TABLES_MCP_DATA_DIR says where.",
		});
	for (const path of targets)
		if ((await lstat(path).catch(() => undefined)) !== undefined)
			throw new TablesError("bad_argument", `${path} is there already`, {
				next: "Nothing is overwritten: name a file that is not there yet.",
			});
	const folder = dirname(targets[0] as string);
	const place = await stat(folder).catch(() => undefined);
	if (!place?.isDirectory())
		throw new TablesError("bad_argument", `there is no folder ${folder}`, {
			next: "Make it first, or name a file in another folder.",
		});
}

async function copyDatabase(
	file: string,
	part: string,
	clock: Clock,
): Promise<void> {
	// SQLite takes an empty file, and so nobody else can ever read this one.
	await (await open(part, "wx", 0o600)).close();
	const db = await openSqlite(file, clock);
	try {
		db.copyTo(part);
	} finally {
		db.close();
	}
}

interface Contents {
	readonly bases: number;
	readonly tables: number;
	readonly records: number;
	/** Tokens of the attachments. */
	readonly tokens: readonly string[];
}

/** What the copy itself holds: the store may have gone on since. */
async function contentsOf(part: string, clock: Clock): Promise<Contents> {
	const db = await openSqlite(part, clock);
	try {
		const tables = db.all("SELECT id FROM tables");
		return {
			bases: countOf(db, "bases"),
			tables: tables.length,
			records: tables.reduce(
				(sum, { id }) => sum + countOf(db, recordsOf(id as string)),
				0,
			),
			tokens: tokensIn(db),
		};
	} finally {
		db.close();
		for (const ending of ["-wal", "-shm"])
			await rm(`${part}${ending}`, { force: true });
	}
}

function countOf(db: Sqlite, table: string): number {
	return Number(db.all(`SELECT count(*) AS count FROM ${table}`)[0]?.count);
}

/** A store of an older layout, not opened since, has no attachments yet. */
function tokensIn(db: Sqlite): readonly string[] {
	const [known] = db.all("SELECT 1 FROM sqlite_master WHERE name = 'files'");
	return known === undefined
		? []
		: db.all("SELECT token FROM files").map(({ token }) => token as string);
}

/** A file of an attachment is written once, before the store names it, and never changed. */
async function copyAttachments(
	from: string,
	to: string,
	{ tokens }: Contents,
): Promise<Pick<StoreBackup["attachments"], "count" | "bytes" | "missing">> {
	let count = 0;
	let bytes = 0;
	let missing = 0;
	if (tokens.length > 0) await mkdir(to, { mode: 0o700 });
	for (const token of tokens) {
		const source = join(from, token);
		const info = await stat(source).catch(() => undefined);
		if (info === undefined) {
			missing++;
			continue;
		}
		const target = join(to, token);
		await copyFile(source, target);
		await chmod(target, 0o600);
		count++;
		bytes += info.size;
	}
	return { count, bytes, missing };
}

/** Gives the finished copy its name; what has come there meanwhile stays. */
async function place(part: string, to: string): Promise<void> {
	const handle = await open(part, "r+");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
	await (await open(to, "wx", 0o600)).close();
	try {
		await rename(part, to);
	} catch (error) {
		await rm(to, { force: true });
		throw error;
	}
}
