import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
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
