import { expect } from "vitest";
import { TablesError } from "../../src/core/errors.js";
import type { Session } from "../../src/core/session.js";
import { callTool } from "../conformance/session.js";
import type { Schedule } from "./schedule.js";

/** A vendor's fake behind a session, with one table: `Title` (primary text), `Amount` (number), `Tag` (single select a, b, c). */
export interface FaultWorld {
	readonly session: Session;
	/** Reference of the table. */
	readonly table: string;
	/** What the vendor holds now, by record id. */
	rows(): ReadonlyMap<string, Cells>;
	close(): Promise<void>;
}

export interface Cells {
	readonly Title: string | null;
	readonly Amount: number | null;
	readonly Tag: string | null;
}

interface Answer {
	readonly change_id: string | null;
	readonly counts: Readonly<Record<string, number>>;
	readonly ids: readonly (string | null)[];
	readonly outcomes: readonly string[];
}

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
	const { session, table } = world;
	const model = new Map<string, Cells>();
	const below = (count: number) => Math.floor(random() * count);
	const tag = () => TAGS[below(TAGS.length)] as string;
	// Few different texts: rows that are equal by value must not fool anything.
	const cells = (): Cells => ({
		Title: `row ${below(12)}`,
		Amount: random() < 0.2 ? null : below(5),
		Tag: random() < 0.3 ? null : tag(),
	});

	/** Calls until nothing is left open. A thrown failure must have left nothing behind: the call is made anew. */
	const settled = async (
		tool: string,
		args: Readonly<Record<string, unknown>>,
	): Promise<Answer> => {
		let answer: Answer | undefined;
		for (let round = 0; round < ROUGH_ROUNDS + CALM_ROUNDS; round++) {
			if (round === ROUGH_ROUNDS) faults.calm();
			const resume = answer?.change_id ?? undefined;
			try {
				answer = (
					await callTool(
						session,
						tool,
						resume === undefined ? { table, ...args } : { table, resume },
					)
				).structured as unknown as Answer;
			} catch (error) {
				if (!(error instanceof TablesError) || error.code === "internal")
					throw error;
				continue;
			}
			if (
				(answer.counts.unknown ?? 0) + (answer.counts.not_attempted ?? 0) ===
				0
			)
				return answer;
		}
		throw new Error(
			`${tool} is not finished with the vendor in peace: ${JSON.stringify(answer?.counts)}`,
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

	const steps = [create, update, upsert, remove];
	await create();
	for (let step = 0; step < 3; step++)
		await (steps[below(steps.length)] as () => Promise<void>)();

	const held = world.rows();
	expect([...held.keys()].sort()).toEqual([...model.keys()].sort());
	for (const [id, row] of model) expect(held.get(id), id).toEqual(row);
}

/** `created:0-9` as one entry per record. */
function* eachOutcome({ outcomes }: Answer): Iterable<[number, string]> {
	for (const part of outcomes) {
		const [outcome = "", range = ""] = part.split(":");
		const [from, to = from] = range.split("-").map(Number);
		for (let index = from as number; index <= (to as number); index++)
			yield [index, outcome];
	}
}
