import type { Consent, Question } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Running } from "../contract/running.js";

/*
 * A person may take minutes to answer, and others go on working: what was asked about is looked at again after their
 * yes, and what is not as it was is not done.
 */

/** What a question is about, as it stands. */
export interface Standing {
	/** What must be the same, by what it is called. */
	readonly same: Readonly<Record<string, unknown>>;
	/** How many lose something: more than these were not asked about, fewer are no harm. Absent: nobody counts them. */
	readonly most?: {
		/** undefined: they were not counted in time. */
		readonly count: number | undefined;
		/** What they are, in the plural. */
		readonly noun: string;
	};
}

/** What a person is asked about. */
export interface Subject {
	/** What it is called in an error: `the table "Tasks"`. */
	readonly what: string;
	/** As it stands before the question. */
	readonly seen: Standing;
	/** How it stands now. */
	look(): Promise<Standing>;
}

/**
 * Asks, and where a person was asked looks again before anything may be sent.
 * @throws TablesError declined; conflict where something has changed while the person was asked.
 */
export async function confirmStanding(
	running: Pick<Running, "confirm">,
	question: Question,
	{ what, seen, look }: Subject,
): Promise<Consent> {
	let wasPut = false;
	const consent = await running.confirm({
		...question,
		async beforeAsking() {
			await question.beforeAsking?.();
			wasPut = true;
		},
	});
	if (!wasPut) return consent;
	const changes = changesOf(seen, await look());
	if (changes.length === 0) return consent;
	throw new TablesError(
		"conflict",
		`${what} has changed while the person was asked: ${changes.join("; ")}`,
		{
			next: "Nothing was sent. Call again, and the person is asked about it as it is now.",
		},
	);
}

function changesOf(seen: Standing, now: Standing): readonly string[] {
	const names = Object.keys({ ...seen.same, ...now.same });
	const changed = names.filter(
		(name) =>
			JSON.stringify(seen.same[name]) !== JSON.stringify(now.same[name]),
	);
	return [...changed.map((name) => `its ${name}`), ...more(seen, now)];
}

/** What was not counted when it was asked about was asked about without a number. */
function more({ most: then }: Standing, { most: now }: Standing) {
	if (then?.count === undefined || now === undefined) return [];
	if (now.count === undefined)
		return [`the ${now.noun} could not be counted again in time`];
	return now.count > then.count
		? [`${now.count} ${now.noun} in place of ${then.count}`]
		: [];
}
