import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { OpenedBases } from "../core/contract/session.js";
import { replaceFile } from "./small-files.js";

/** One small JSON file, `{connection: [base, …]}`, replaced as a whole; a race between processes loses one entry, never the file. */
export function openedBases(dataDir: string): OpenedBases {
	const name = "opened-bases.json";
	const file = join(dataDir, name);
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
		all.set(connection, [...known, base]);
		await replaceFile(dataDir, name, JSON.stringify(Object.fromEntries(all)));
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
