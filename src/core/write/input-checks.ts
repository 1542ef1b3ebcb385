import type { Field } from "../contract/field.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { type Located, reload } from "../places/locate.js";
import { justRead, SCHEMA_FRESH_MS } from "../places/schema-cache.js";
import { lookupsOf } from "../read/lookups.js";
import { defined } from "../values/defined.js";
import { inTurns } from "../values/in-turns.js";
import type { Lookups } from "../values/text-lookups.js";
import { type Validated, validateRecords } from "../values/validate.js";
import { kindOf } from "../values/values.js";

/** So many records are looked up before any is written; of more, those of a batch are just before it is sent. */
export const LOOKED_UP = 1_000;

export const NAMED = "the records that were named";

/** Records to be checked before they are written. */
interface Unchecked {
	readonly given: readonly unknown[];
	readonly mode: "create" | "update";
	readonly allowNewOptions?: boolean | undefined;
	/** Of a file: the line of each record. */
	readonly lines?: readonly number[];
	/** Of a file: finds rows of it beside the records that are there. */
	readonly beside?: ((lookups: Lookups) => Lookups) | undefined;
}

/** Checks against the schema; a refusal that rests on a cached one is checked again against a fresh one. */
export async function validate(
	session: Session,
	located: Located,
	{
		given,
		mode,
		allowNewOptions = false,
		lines,
		beside = (lookups) => lookups,
	}: Unchecked,
	running: Running,
): Promise<Validated & { readonly located: Located }> {
	const check = async (against: Located) => ({
		...(await validateRecords(
			against.table,
			given,
			{
				mode,
				allowNewOptions,
				codecs: against.adapter.codecs,
				...defined({
					lines,
					nowMs: lines === undefined ? session.clock.now() : undefined,
				}),
			},
			beside(lookupsOf(session, against, running)),
		)),
		located: against,
	});
	const fresh = (at: Located) =>
		session.clock.now() - at.table.readAtMs <= SCHEMA_FRESH_MS;
	/** undefined: what it says has to be checked again. Not held then: of many records there is a lot of it. */
	const certain = async () => {
		const first = await check(located);
		return (await isCertain(first)) ? first : undefined;
	};
	const isCertain = async (first: Validated) => {
		const set = new Set<string>();
		await inTurns(first.records, ({ cells, edits }) => {
			for (const part of [cells, edits]) for (const id in part) set.add(id);
		});
		const selects = [...set].some((id) =>
			["option", "options"].includes(
				kindOf(located.table.byId.get(id) as Field),
			),
		);
		const refused = first.problems.length > 0;
		// A file comes in many parts, and each with bad rows would read the schema again.
		const isFresh =
			refused && lines === undefined
				? justRead(session, located)
				: fresh(located);
		return isFresh || !(refused || (selects && located.adapter.createsOptions));
	};
	return (await certain()) ?? check(await reload(session, located, running));
}

/** Those entries whose key came before. */
export async function twice(
	entries: Iterable<{ readonly index: number; readonly key: string }>,
	message: (key: string) => string,
): Promise<Problem[]> {
	const seen = new Set<string>();
	const problems: Problem[] = [];
	await inTurns(entries, ({ index, key }) => {
		if (seen.has(key)) problems.push({ record: index, message: message(key) });
		seen.add(key);
	});
	return problems;
}
