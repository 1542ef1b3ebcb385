import { randomUUID } from "node:crypto";
import { lstatSync, renameSync } from "node:fs";
import { type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { TablesError } from "../../core/contract/errors.js";
import { failingAs, hasCode } from "../disk.js";
import { numberedName } from "./names.js";

/** A name in the same folder that no other writer and no link has, and that is not longer than a name may be. */
function partOf(path: string): string {
	return join(dirname(path), `.${randomUUID()}.part`);
}

/** Puts a finished part under its name. */
export type Place = (part: string) => Promise<void>;

/** A file that is being written beside its place. */
export interface PartFile {
	write(bytes: string | Uint8Array): Promise<void>;
	/** Gives it its name; answers its bytes. */
	finish(): Promise<number>;
	abandon(): Promise<void>;
}

/** Writes to a file beside the target that takes its name at the end, so that a half-written file is never seen. */
export async function partFile(
	path: string,
	place: Place = (part) => rename(part, path),
): Promise<PartFile> {
	const part = partOf(path);
	const named = <T>(work: Promise<T>) => failingAs({ aside: part, path }, work);
	const handle = await named(open(part, "wx", 0o600));
	return {
		write: (bytes) => named(handle.appendFile(bytes)),
		async finish() {
			await named(handle.sync());
			// Once it has its name nothing may fail any more: the file is there.
			const { size } = await handle.stat();
			await handle.close();
			await named(place(part));
			return size;
		},
		async abandon() {
			await handle.close().catch(() => {});
			// The reason for giving up is reported; a partial file that stays is hidden and does no harm.
			await rm(part, { force: true }).catch(() => {});
		},
	};
}

/**
 * Bytes as a file at `path`, or at the first name after it that is free or has the same bytes and is not `taken`.
 * Answers where, and how many they are.
 */
export async function bytesAside(
	path: string,
	bytes: AsyncIterable<Uint8Array>,
	isTaken: (candidate: string) => boolean,
): Promise<{ readonly path: string; readonly size: number }> {
	let placed = path;
	const file = await partFile(path, async (part) => {
		placed = await placeFree(
			part,
			path,
			async (candidate) =>
				!isTaken(candidate) && (await isSame(candidate, part)),
		);
	});
	try {
		for await (const chunk of bytes) await file.write(chunk);
		const size = await file.finish();
		return { path: placed, size };
	} catch (error) {
		await file.abandon();
		throw error;
	}
}

/** Names that are tried for one file. */
const MAX_NUMBER = 1_000;

/**
 * Gives a part its name, or the first one like it that is free. `mayReplace`: is nothing lost where what has that name
 * goes?
 */
export async function placeFree(
	part: string,
	path: string,
	mayReplace: (candidate: string) => Promise<boolean>,
): Promise<string> {
	for (let number = 1; number <= MAX_NUMBER; number++) {
		const candidate = join(dirname(path), numberedName(basename(path), number));
		if (await mayReplace(candidate)) {
			await rename(part, candidate);
			return candidate;
		}
		if (await placeAt(part, candidate)) return candidate;
	}
	throw new TablesError(
		"limit_reached",
		`there are ${MAX_NUMBER} files named like ${basename(path)} already`,
		{ next: "Choose another name." },
	);
}

/**
 * Gives a part a name that nothing had when it was begun.
 * @throws TablesError conflict where something has it now: nobody was asked whether that may go.
 */
export async function placeNew(part: string, path: string): Promise<void> {
	if (await placeAt(part, path)) return;
	throw new TablesError(
		"conflict",
		`another program or call made the file "${basename(path)}" meanwhile; it was left as it is`,
		{
			next: "Call again with another name, or with this one: then a person is asked whether it may be overwritten.",
		},
	);
}

/** Gives a part a name, unless something has it. */
async function placeAt(part: string, path: string): Promise<boolean> {
	if (!(await reserve(path))) return false;
	try {
		await rename(part, path);
		return true;
	} catch (error) {
		await rm(path, { force: true }).catch(() => {});
		throw error;
	}
}

/** Takes a name that nothing has, not even a link. */
async function reserve(path: string): Promise<boolean> {
	try {
		await (await open(path, "wx", 0o600)).close();
		return true;
	} catch (error) {
		if (hasCode(error, "EEXIST")) return false;
		throw error;
	}
}

/** Do two files hold the same, of which one is finished and not a link? */
async function isSame(path: string, other: string): Promise<boolean> {
	const [one, two] = await Promise.all(
		[path, other].map((file) => lstat(file).catch(() => undefined)),
	);
	return (
		one?.isFile() === true &&
		one.size === two?.size &&
		(await isPartOf(path, other))
	);
}

/** Does `whole` begin with all that the file of that name holds, so that nothing is lost with it? */
export async function isPartOf(path: string, whole: string): Promise<boolean> {
	const info = await lstat(path).catch(() => undefined);
	// An empty one is a name that another has taken just now.
	if (info === undefined || !info.isFile() || info.size === 0) return false;
	const handles: FileHandle[] = [];
	try {
		for (const file of [path, whole]) handles.push(await open(file, "r"));
		for (let at = 0; at < info.size; at += COMPARED_BYTES) {
			const length = Math.min(COMPARED_BYTES, info.size - at);
			const [one, other] = await Promise.all(
				handles.map(async (handle) => {
					const { buffer, bytesRead } = await handle.read(
						Buffer.alloc(length),
						0,
						length,
						at,
					);
					return buffer.subarray(0, bytesRead);
				}),
			);
			if (one?.length !== length || !other?.equals(one)) return false;
		}
		return true;
	} catch {
		// What cannot be read is not known to be ours.
		return false;
	} finally {
		await Promise.allSettled(handles.map((handle) => handle.close()));
	}
}

const COMPARED_BYTES = 65_536;

/** What tells that a file has not been changed or replaced. */
export function stampOf(path: string): string {
	const { dev, ino, size, mtimeNs } = lstatSync(path, { bigint: true });
	return [dev, ino, size, mtimeNs].join(":");
}

/**
 * Gives a part the name of a file that it holds the rest of.
 * @throws TablesError conflict where that file is not as it was when it was read: what came since would be lost.
 */
export function placeOver(part: string, path: string, stamp: string): void {
	// Nothing of this process comes between the look and the rename.
	if (stampNow(path) === stamp) renameSync(part, path);
	else
		throw new TablesError(
			"conflict",
			`another program or call changed the file "${basename(path)}" meanwhile; it was left as it is`,
			{ next: "Call again." },
		);
}

/**
 * Gives a part the name of a file that a person agreed to lose.
 * @throws TablesError conflict where another file is there by now: nobody agreed to lose that one. One that is gone is
 * not lost by this.
 */
export async function placeAgreed(
	part: string,
	path: string,
	/** Stamp of the file that was asked about. undefined: there was none yet. */
	agreed: string | undefined,
): Promise<void> {
	if (agreed === undefined || stampNow(path) === undefined)
		await placeNew(part, path);
	else placeOver(part, path, agreed);
}

function stampNow(path: string): string | undefined {
	try {
		return stampOf(path);
	} catch {
		return undefined;
	}
}
