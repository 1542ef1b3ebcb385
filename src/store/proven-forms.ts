import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/contract/clock.js";
import type { ProvenForms } from "../core/contract/session.js";
import { agesBy } from "./ages.js";
import { replaceFile } from "./small-files.js";

const DAY_MS = 86_400_000;

/** A vendor's server may become another one: what was seen of it holds for so long. */
const HOLDS_MS = 30 * DAY_MS;

const NAME = "proven-forms.json";

/** By connection, when each form was proven. */
type Times = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** One small JSON file, replaced as a whole; a race between processes loses an entry, which is proven again. */
export function provenForms(dataDir: string, clock: Clock): ProvenForms {
	const ageOf = agesBy(clock);
	const read = (): Times => {
		try {
			const kept: unknown = JSON.parse(
				readFileSync(join(dataDir, NAME), "utf8"),
			);
			return typeof kept === "object" && kept !== null ? (kept as Times) : {};
		} catch {
			return {};
		}
	};
	const fresh = (all: Times, connection: string) =>
		Object.entries(all[connection] ?? {}).filter(
			([form, atMs]) => ageOf(`${connection} ${form}`, Number(atMs)) < HOLDS_MS,
		);
	const write = async (connection: string, forms: readonly string[]) => {
		const all = read();
		const atMs = clock.now();
		await replaceFile(
			dataDir,
			NAME,
			JSON.stringify({
				...all,
				[connection]: Object.fromEntries([
					...fresh(all, connection),
					...forms.map((form) => [form, atMs] as const),
				]),
			}),
		);
	};
	let last = Promise.resolve();
	return {
		async of(connection) {
			return new Set(fresh(read(), connection).map(([form]) => form));
		},
		add(connection, forms) {
			const mine = last.then(() => write(connection, forms));
			last = mine.catch(() => {});
			return mine;
		},
	};
}
