import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpenedBases } from "../core/contract/session.js";

/** One small JSON file, `{connection: [base, …]}`, replaced as a whole; a race between processes loses one entry, never the file. */
export function openedBases(dataDir: string): OpenedBases {
	const file = join(dataDir, "opened-bases.json");
	/** At once: every call that names a table by its name looks here, and a trip to another thread takes longer. */
	const read = (): Map<string, readonly string[]> => {
		try {
			const kept: unknown = JSON.parse(readFileSync(file, "utf8"));
			return new Map(
				Object.entries(kept ?? {}).filter((entry) => isListOfTexts(entry[1])),
			);
		} catch {
			return new Map();
		}
	};
	const write = async (connection: string, base: string): Promise<void> => {
		const all = read();
		const known = all.get(connection) ?? [];
		if (known.includes(base)) return;
		await mkdir(dataDir, { recursive: true, mode: 0o700 });
		const next = `${file}.${randomUUID()}`;
		all.set(connection, [...known, base]);
		await writeFile(next, JSON.stringify(Object.fromEntries(all)), {
			mode: 0o600,
		});
		await rename(next, file);
	};
	let last = Promise.resolve();
	return {
		async of(connection) {
			return read().get(connection) ?? [];
		},
		add(connection, base) {
			const mine = last.then(() => write(connection, base));
			last = mine.catch(() => {});
			return mine;
		},
	};
}

function isListOfTexts(value: unknown): value is readonly string[] {
	return (
		Array.isArray(value) && value.every((item) => typeof item === "string")
	);
}
