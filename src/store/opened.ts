import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpenedBases } from "../core/session.js";

/** One small JSON file, `{connection: [base, …]}`, replaced as a whole; a lost race loses one entry, never the file. */
export function openedBases(dataDir: string): OpenedBases {
	const file = join(dataDir, "opened-bases.json");
	const read = async (): Promise<Record<string, string[]>> => {
		try {
			return JSON.parse(await readFile(file, "utf8")) as Record<
				string,
				string[]
			>;
		} catch {
			return {};
		}
	};
	return {
		async of(connection) {
			return (await read())[connection] ?? [];
		},
		async add(connection, base) {
			const all = await read();
			const known = all[connection] ?? [];
			if (known.includes(base)) return;
			await mkdir(dataDir, { recursive: true, mode: 0o700 });
			const next = `${file}.${crypto.randomUUID()}`;
			await writeFile(
				next,
				JSON.stringify({ ...all, [connection]: [...known, base] }),
				{
					mode: 0o600,
				},
			);
			await rename(next, file);
		},
	};
}
