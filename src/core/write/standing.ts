import type { Consent, Question } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Table, View } from "../contract/table.js";
import { type Located, reload } from "../places/locate.js";
import { inTurns } from "../values/in-turns.js";
import type { LinkLoss } from "./other-sides.js";
import { fieldState, viewState } from "./states.js";

/*
 * A person may take minutes to answer, and others go on working: what was asked about is looked at again after their
 * yes, and what is not as it was is not done. Every question about what is known is put here.
 */

/** What a question is about, as it stands. */
export interface Standing {
	/** What must be the same, by what it is called. */
	readonly same: Readonly<Record<string, unknown>>;
	/** Those that lose something: others than these were not asked about, fewer are no harm. Absent: there are none. */
	readonly most?: Most;
}

/** What each loses, by id: two that are equal lose the same. */
export type Held = ReadonlyMap<string, string>;

/** Those that lose something. */
export interface Most {
	/** undefined: they were not counted in time. */
	readonly count: number | undefined;
	/** What they are, in the plural. */
	readonly noun: string;
	/**
	 * Which they are, by id, each with what it loses ("" where it goes as it is, whatever it holds); undefined: too many
	 * to be read in time. Read only where a person is asked, beside the question and after it.
	 */
	held(): Promise<Held | undefined>;
}

/** What a person is asked about. */
export interface Subject {
	/** What it is called in an error: `the table "Tasks"`. */
	readonly what: string;
	/** As it stands before the question. */
	readonly seen: Standing;
	/** What was seen may be minutes old: it is looked at before the question as well. Absent: it was read just now. */
	readonly isOld?: true;
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
	{ what, seen, isOld, look }: Subject,
): Promise<Consent> {
	let put: { readonly held: Held | undefined } | undefined;
	const consent = await running.confirm({
		...question,
		async beforeAsking() {
			if (isOld) {
				const changes = changesOf(seen, await look());
				if (changes.length > 0)
					throw changed(`${what} has changed lately`, changes);
			}
			await question.beforeAsking?.();
			put = { held: await seen.most?.held() };
		},
	});
	if (put === undefined) return consent;
	const now = await look();
	const others = await othersThan(put.held, now.most);
	const changes = [...changesOf(seen, now), ...others];
	if (changes.length === 0) return consent;
	throw changed(`${what} has changed while the person was asked`, changes);
}

/**
 * The table of a question about its records, which are looked at one by one: it and its columns are called as they
 * were. Columns that others have made since are of account where records go as a whole.
 */
export function tableSubject(
	session: Session,
	located: Located,
	{ isWhole }: { readonly isWhole: boolean },
	running: Running,
): Subject {
	const known = new Set(located.table.fields.map(({ id }) => id));
	const standing = ({ table }: Located): Standing => ({
		same: {
			name: table.name,
			fields: table.fields.flatMap(({ id, name, type }) =>
				isWhole || known.has(id) ? [[id, name, type]] : [],
			),
		},
	});
	return {
		what: `the table "${located.table.name}"`,
		seen: standing(located),
		isOld: true,
		look: async () => standing(await reload(session, located, running)),
	};
}

/** A table that goes, with what goes in it and with it. */
export function tableStanding(
	{ name, fields, views }: Table,
	links: LinkLoss,
	records: Most,
): Standing {
	return {
		same: {
			name,
			fields: fields.map((field) => [field.id, field.name, field.type]),
			views: views.map((view) => [view.id, view.name]),
			"linked columns": links.about,
		},
		most: records,
	};
}

/** A field that goes or changes, with what goes in it and with it. */
export function fieldStanding(
	{ name }: Table,
	field: Field,
	links: LinkLoss,
	most: Most,
): Standing {
	return {
		same: { table: name, ...fieldState(field), "linked columns": links.about },
		most,
	};
}

/** A view: all that is kept of it. */
export function viewStanding({ name }: Table, view: View): Standing {
	return { same: { table: name, type: view.type, ...viewState(view) } };
}

function changed(what: string, changes: readonly string[]): TablesError {
	return new TablesError(
		"conflict",
		`${what}: ${[...new Set(changes)].join("; ")}`,
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
	if (now.count === undefined) return [unread(now)];
	return now.count > then.count
		? [`${now.count} ${now.noun} in place of ${then.count}`]
		: [];
}

function unread({ noun }: Most): string {
	return `the ${noun} could not be counted again in time`;
}

/** As many as before may be others, or hold something else: nobody has agreed to lose that. */
async function othersThan(
	then: Held | undefined,
	now: Most | undefined,
): Promise<readonly string[]> {
	if (then === undefined || now === undefined) return [];
	const held = await now.held();
	if (held === undefined) return [unread(now)];
	let others = 0;
	let otherwise = 0;
	await inTurns(held, ([id, lost]) => {
		if (!then.has(id)) others++;
		else if (then.get(id) !== lost) otherwise++;
	});
	return [
		...(others === 0
			? []
			: [
					`${others} of the ${now.noun} were not there when the person was asked`,
				]),
		...(otherwise === 0
			? []
			: [
					`${otherwise} of the ${now.noun} hold something else than when the person was asked`,
				]),
	];
}
