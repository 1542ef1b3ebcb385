import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/contract/clock.js";
import {
	NO_HOLDS_MS,
	type Refusal,
	type Refusals,
} from "../core/contract/consent.js";
import { agesBy } from "./ages.js";
import { filesIn, hashOf, replaceFile } from "./small-files.js";

/**
 * One small file for each thing and tool, `<hash>.<tool>` with the time of the last no in it: processes never write
 * into each other's, and no name is kept. What this process heard holds even where the folder cannot be written.
 */
export function fileRefusals(dir: string, clock: Clock): Refusals {
	const heard = new Map<string, number>();
	const age = agesBy(clock);
	const holds = (name: string, atMs: number) =>
		age(`${name} ${atMs}`, atMs) < NO_HOLDS_MS;
	const timeIn = async (name: string): Promise<number> =>
		Number(await readFile(join(dir, name), "utf8").catch(() => "NaN"));
	return {
		async add(place, { tool, atMs }) {
			const name = `${hashOf(place)}.${tool}`;
			heard.set(name, atMs);
			await replaceFile(dir, name, String(atMs));
			for (const old of await filesIn(dir))
				if (!holds(old, await timeIn(old)))
					await rm(join(dir, old), { force: true });
		},
		async of(place) {
			const prefix = `${hashOf(place)}.`;
			const found: Refusal[] = [];
			const take = (name: string, atMs: number) => {
				if (name.startsWith(prefix) && holds(name, atMs))
					found.push({ tool: name.slice(prefix.length), atMs });
			};
			for (const [name, atMs] of heard)
				if (holds(name, atMs)) take(name, atMs);
				else heard.delete(name);
			for (const name of await filesIn(dir))
				if (name.startsWith(prefix)) take(name, await timeIn(name));
			return found;
		},
	};
}
