import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { TablesError } from "../../src/core/contract/errors.js";
import type { Session } from "../../src/core/contract/session.js";
import { callTool } from "../conformance/session.js";
import type { Schedule } from "./schedule.js";

/** A vendor's fake behind two sessions of one person, with one table: `Title` (primary text), `Amount` (number), `Tag` (single select a, b, c). */
export interface FaultWorld {
	/** The second is another process that goes on with what the first began. */
	readonly sessions: readonly [Session, Session];
	/** Where files to import lie. */
	readonly filesDir: string;
	/** Reference of the table. */
	readonly table: string;
	/** What the vendor holds now, by record id. */
	rows(): ReadonlyMap<string, Cells>;
	/** Rows of other people, which no answer may claim. */
	readonly foreign: ReadonlySet<string>;
	/** Time goes by before a call is made again. */
	wait(): void;
}

/** Longer than a vendor's servers disagree about what is there. */
export const PATIENCE_MS = 5_000;

export type Cells = {
	readonly Title: string | null;
	readonly Amount: number | null;
	readonly Tag: string | null;
};

interface Answer {
	readonly change_id: string | null;
	readonly counts: Readonly<Record<string, number>>;
	readonly ids: readonly (string | null)[];
	readonly outcomes: readonly string[];
}

/** Title of every row that someone else writes. */
export const FOREIGN = "someone else's";

const TAGS = ["a", "b", "c"] as const;
/** Resumed calls before the vendor is left in peace, and after. */
const ROUGH_ROUNDS = 4;
const CALM_ROUNDS = 4;

/**
 * Writes at random while the vendor misbehaves, keeps what the answers report, and compares it with what the vendor
 * holds in the end: no row lost, none twice, none changed that was not reported.
 */
export async function runHistory(
	world: FaultWorld,
	faults: Schedule,
	random: () => number,
): Promise<void> {
	const { sessions, table } = world;
	const model = new Map<string, Cells>();
	const below = (count: number) => Math.floor(random() * count);
	const tag = () => TAGS[below(TAGS.length)] as string;
	// Few different texts: rows that are equal by value must not fool anything.
	const cells = (): Cells => ({
		Title: `row ${below(12)}`,
		Amount: random() < 0.2 ? null : below(5),
		Tag: random() < 0.3 ? null : tag(),
	});

	/** Calls until nothing is left open. A thrown failure must have left nothing behind: the call is made again. */
	const settled = async (
		tool: string,
		args: Readonly<Record<string, unknown>>,
		again: Readonly<Record<string, unknown>> = {},
	): Promise<Answer> => {
		let answer: Answer | undefined;
		let failure: unknown;
		for (let round = 0; round < ROUGH_ROUNDS + CALM_ROUNDS; round++) {
			if (round === ROUGH_ROUNDS) faults.calm();
			const resume = answer?.change_id ?? undefined;
			const session =
				resume !== undefined && random() < 0.5 ? sessions[1] : sessions[0];
			try {
				answer = (
					await callTool(
						session,
						tool,
						resume === undefined
							? { table, ...args }
							: { table, resume, ...again },
					)
				).structured as unknown as Answer;
			} catch (error) {
				if (!(error instanceof TablesError) || error.code === "internal")
					throw error;
				failure = error;
				continue;
			}
			if (
				(answer.counts.unknown ?? 0) + (answer.counts.not_attempted ?? 0) ===
				0
			)
				return answer;
			world.wait();
		}
		throw new Error(
			`${tool} is not finished with the vendor in peace: ${JSON.stringify(answer?.counts)}`,
			{ cause: failure },
		);
	};

	const apply = (
		answer: Answer,
		sent: readonly (Partial<Cells> | undefined)[],
	) => {
		for (const [index, outcome] of eachOutcome(answer)) {
			const id = answer.ids[index];
			switch (outcome) {
				case "created":
					expect(typeof id, `record ${index} has no id`).toBe("string");
					expect(model.has(id as string), `${id} was made twice`).toBe(false);
					model.set(id as string, {
						Title: null,
						Amount: null,
						Tag: null,
						...sent[index],
					});
					break;
				case "updated":
				case "unchanged":
					model.set(id as string, {
						...(model.get(id as string) as Cells),
						...sent[index],
					});
					break;
				case "deleted":
					model.delete(id as string);
					break;
				default:
					expect(outcome).toBe("failed");
			}
		}
	};

	const create = async () => {
		const records = Array.from({ length: 1 + below(28) }, cells);
		apply(
			await settled("create_records", {
				records: records.map((fields) => ({ fields })),
			}),
			records,
		);
	};
	const update = async () => {
		const ids = [...model.keys()].filter(() => random() < 0.5);
		if (ids.length === 0) return;
		const changes = ids.map(() =>
			random() < 0.5 ? { Amount: below(50) } : { Tag: tag(), Amount: null },
		);
		apply(
			await settled("update_records", {
				records: ids.map((id, index) => ({ id, fields: changes[index] })),
			}),
			changes,
		);
	};
	const upsert = async () => {
		const records = [...new Set([below(20), below(20), below(20)])].map(
			(number): Cells => ({
				Title: `key ${number}`,
				Amount: below(9),
				Tag: tag(),
			}),
		);
		apply(
			await settled("update_records", {
				records: records.map((fields) => ({ fields })),
				match_on: ["Title"],
				upsert: true,
			}),
			records,
		);
	};
	const remove = async () => {
		const ids = [...model.keys()].filter(() => random() < 0.3);
		if (ids.length === 0) return;
		apply(
			await settled("delete_records", {
				record_ids: ids,
				confirm: String(ids.length),
			}),
			[],
		);
	};

	const setByFilter = async () => {
		const wanted = tag();
		const ids = [...model].flatMap(([id, row]) =>
			row.Tag === wanted ? [id] : [],
		);
		if (ids.length === 0) return;
		const change = { Amount: 100 + below(50) };
		const answer = await settled("update_records", {
			filter: {
				match: "all",
				conditions: [
					{ field: "Tag", op: "is", value: wanted },
					{ field: "Title", op: "is_not", value: FOREIGN },
				],
			},
			set: change,
			confirm: String(ids.length),
		});
		// It answers counts, not ids: which rows were changed is seen in them at the end.
		const outcomes = [...eachOutcome(answer)].map(([, outcome]) => outcome);
		expect(outcomes).toHaveLength(ids.length);
		for (const outcome of outcomes)
			expect(["updated", "unchanged"]).toContain(outcome);
		for (const id of ids)
			model.set(id, { ...(model.get(id) as Cells), ...change });
	};
	/** An import answers counts, not ids: the rows that are new since must be those of the file. */
	const importFile = async () => {
		const records = Array.from({ length: 5 + below(30) }, cells);
		const file = `rows-${below(1e9)}.csv`;
		await mkdir(world.filesDir, { recursive: true });
		await writeFile(
			join(world.filesDir, file),
			[
				"Title,Amount,Tag",
				...records.map(
					({ Title, Amount, Tag }) => `${Title},${Amount ?? ""},${Tag ?? ""}`,
				),
			].join("\n"),
		);
		const answer = await settled("import_records", { file });
		expect(answer.counts.created).toBe(records.length);
		const made = [...world.rows()].filter(
			([id]) => !model.has(id) && !world.foreign.has(id),
		);
		const lines = (rows: readonly Cells[]) =>
			rows.map((row) => JSON.stringify(row)).sort();
		expect(lines(made.map(([, row]) => row))).toEqual(lines(records));
		for (const [id, row] of made) model.set(id, row);
	};

	const steps = [create, update, upsert, remove, setByFilter, importFile];
	await create();
	for (let step = 0; step < 3; step++)
		await (steps[below(steps.length)] as () => Promise<void>)();

	const held = world.rows();
	expect(
		[...held.keys()].filter((id) => !world.foreign.has(id)).sort(),
	).toEqual([...model.keys()].sort());
	for (const [id, row] of model) expect(held.get(id), id).toEqual(row);
}

/** `created:0-9` as one entry per record. */
function* eachOutcome({ outcomes }: Answer): Iterable<[number, string]> {
	for (const part of outcomes) {
		const [outcome = "", ranges = ""] = part.split(":");
		for (const range of ranges.split(",")) {
			const [from, to = from] = range.split("-").map(Number);
			for (let index = from as number; index <= (to as number); index++)
				yield [index, outcome];
		}
	}
}
