import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/contract/clock.js";
import {
	ANY_TOOL,
	NO_HOLDS_MS,
	type Refusal,
	type Refusals,
} from "../core/contract/consent.js";
import { onThisMachine } from "../core/contract/machine-failures.js";
import { agesBy } from "./ages.js";
import { hasCode } from "./disk.js";
import { filesIn, hashOf, replaceFile, watchedFolder } from "./small-files.js";

/** In front of what fails on this machine. */
const DOING = "looking what people said no to";

type No = Omit<Refusal, "tool">;

/**
 * One small file for each thing and tool, `<hash>.<tool>` with the time of the last no in it: processes never write
 * into each other's, and no name is kept. What this process heard or read holds even where the folder cannot be
 * written, or its files vanish. A damaged file is a no as of its last change; if the folder goes while this process
 * runs, any of what others heard may have been in it.
 */
export function fileRefusals(dir: string, clock: Clock): Refusals {
	const known = new Map<string, No>();
	const folder = watchedFolder(dir);
	let gone: { readonly times: number; readonly atMs: number } | undefined;
	const age = agesBy(clock);
	const holds = (name: string, { atMs }: No) =>
		age(`${name} ${atMs}`, atMs) < NO_HOLDS_MS;
	const noIn = async (name: string): Promise<No> => {
		const path = join(dir, name);
		try {
			const text = await readFile(path, "utf8");
			const atMs = text === "" ? Number.NaN : Number(text);
			return Number.isNaN(atMs)
				? { atMs: (await stat(path)).mtimeMs, unread: true }
				: { atMs };
		} catch (error) {
			if (hasCode(error, "ENOENT")) return { atMs: Number.NaN };
			throw error;
		}
	};
	const lookAtFolder = async () => {
		const times = await folder.look();
		if (times === 0) gone = undefined;
		else if (gone?.times !== times) gone = { times, atMs: clock.now() };
	};
	/** A later no holds longer; an older one that was read does not take its place. */
	const keep = (name: string, no: No) => {
		const { atMs } = known.get(name) ?? { atMs: Number.NEGATIVE_INFINITY };
		if (no.atMs >= atMs || !holds(name, { atMs })) known.set(name, no);
	};
	const add = async (place: string, { tool, atMs }: Refusal) => {
		const name = `${hashOf(place)}.${tool}`;
		known.set(name, { atMs });
		await lookAtFolder();
		await replaceFile(dir, name, String(atMs));
		await folder.look();
		for (const old of await filesIn(dir))
			if (!holds(old, await noIn(old)))
				await rm(join(dir, old), { force: true });
	};
	const of = async (place: string) => {
		const prefix = `${hashOf(place)}.`;
		await lookAtFolder();
		for (const name of await filesIn(dir))
			if (name.startsWith(prefix)) keep(name, await noIn(name));
		const found: Refusal[] = [];
		for (const [name, no] of known)
			if (!holds(name, no)) known.delete(name);
			else if (name.startsWith(prefix))
				found.push({ tool: name.slice(prefix.length), ...no });
		if (gone !== undefined && holds("gone", gone))
			found.push({ tool: ANY_TOOL, atMs: gone.atMs, unread: true });
		return found;
	};
	return {
		add: (place, refusal) => onThisMachine(DOING, () => add(place, refusal)),
		of: (place) => onThisMachine(DOING, () => of(place)),
	};
}
