import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "./disk.js";

/** A name for files about a thing: what the thing is called is not kept. */
export function hashOf(name: string): string {
	return createHash("sha256").update(name).digest("hex").slice(0, 32);
}

/** Writes a file of the folder whole, readable by its owner only: whoever reads it sees all of it, or what was there before. */
export async function replaceFile(
	dir: string,
	name: string,
	text: string,
): Promise<void> {
	await mkdir(dir, { recursive: true, mode: 0o700 });
	const next = join(dir, `.${randomUUID()}`);
	await writeFile(next, text, { mode: 0o600 });
	await rename(next, join(dir, name));
}

/** Names of the folder's finished files; none where there is no folder yet. */
export async function filesIn(dir: string): Promise<readonly string[]> {
	const names = await readdir(dir).catch((error: unknown) => {
		if (hasCode(error, "ENOENT")) return [];
		throw error;
	});
	return names.filter((name) => !name.startsWith("."));
}

/** A folder that other processes write into as well, and that must not vanish while this one runs. */
export interface WatchedFolder {
	/**
	 * Looks whether it is the one that was there before; to be called before anything is written. Answers how often it
	 * has been another one, or gone, so far; one that is put back has not been gone.
	 * @throws Error where it cannot be looked at.
	 */
	look(): Promise<number>;
}

/** What others wrote into a folder that was removed is not known any more: whoever counts on it has to be told. */
export function watchedFolder(dir: string): WatchedFolder {
	let known: string | undefined;
	let isAway = false;
	let lost = 0;
	return {
		async look() {
			const now = await stat(dir).catch((error: unknown) => {
				if (hasCode(error, "ENOENT")) return undefined;
				throw error;
			});
			const is = now?.isDirectory() ? `${now.dev} ${now.ino}` : undefined;
			if (known === undefined || is === known) {
				// It was put back as it was.
				if (isAway) lost--;
				isAway = false;
				known = is;
				return lost;
			}
			if (!isAway) lost++;
			isAway = is === undefined;
			known = is ?? known;
			return lost;
		},
	};
}
