import { appendFileSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { TablesError } from "../core/contract/errors.js";
import type { FenceMemory } from "../core/contract/policy.js";

/**
 * One file a connection, a mark a line, only ever appended to: several processes may write at once, and what one
 * has added the others see. Read and written at once, because no cell may be shown before it is known what is hidden.
 */
export function fenceMemory(dataDir: string, connection: string): FenceMemory {
	const file = join(dataDir, "fence", `${connection}.jsonl`);
	let marks = new Set<string>();
	let size = -1;
	/** The file only grows: one that is shorter has lost what was hidden. */
	let least = 0;
	const refresh = () => {
		const now = sizeOf(file);
		if (now < least)
			throw new Error(
				"its file was deleted or cut short while the server runs, so that it is not known any more what was hidden",
			);
		least = now;
		if (now === size) return;
		marks = new Set(now === 0 ? [] : linesOf(readFileSync(file, "utf8")));
		size = now;
	};
	return {
		marks: () =>
			guarded(file, () => {
				refresh();
				return marks;
			}),
		add: (found) =>
			guarded(file, () => {
				refresh();
				const fresh = found.filter((mark) => !marks.has(mark));
				if (fresh.length === 0) return;
				mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
				// A line that a crash cut short must not swallow the next one.
				const lines = fresh.map((mark) => `\n${JSON.stringify(mark)}`).join("");
				appendFileSync(file, `${lines}\n`, { mode: 0o600 });
				for (const mark of fresh) marks.add(mark);
				size = -1;
				least = sizeOf(file);
			}),
	};
}

function sizeOf(file: string): number {
	return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function linesOf(text: string): readonly string[] {
	return text.split("\n").flatMap((line) => {
		try {
			const mark: unknown = JSON.parse(line);
			return typeof mark === "string" ? [mark] : [];
		} catch {
			return [];
		}
	});
}

function guarded<T>(file: string, work: () => T): T {
	try {
		return work();
	} catch (cause) {
		throw new TablesError(
			"broken",
			`what the policy hides cannot be kept: ${(cause as Error).message}`,
			{
				next: `Nothing is shown until ${file} can be read and written as it was: a person puts it back, or starts the server again.`,
				cause,
			},
		);
	}
}
