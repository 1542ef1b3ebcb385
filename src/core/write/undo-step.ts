import type { Action, Deed, Made } from "../contract/actions.js";
import type { Consent, Question } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { type CarriedOut, carryOut } from "./carry-out.js";
import { type CountedRecords, countInTime } from "./count-in-time.js";
import type { Most, Standing } from "./standing.js";

/** What taking an action back takes. */
export interface Step {
	/** What is done, in words. */
	readonly says: string;
	/** What a person is asked before; absent: nothing of others is lost. */
	readonly question?: Pick<Question, "action" | "expected" | "about">;
	/** What it takes away, as it stands. */
	readonly standing: Standing;
	/** Other tables that it takes something from. Absent: none. */
	readonly also?: readonly string[];
	/** What is not as it was before. Absent: nothing. */
	readonly notes?: readonly string[];
	send(consent: Consent | undefined): Promise<CarriedOut<unknown>>;
}

/** What is known when an action is taken back. */
export interface Undoing {
	readonly session: Session;
	readonly running: Running;
	readonly located: Located;
	readonly action: Action;
	readonly made: Made;
}

/** The error for a change that cannot be undone. */
export function cannot(
	{ start }: { readonly start: Pick<Action["start"], "change"> },
	reason: string,
): TablesError {
	return new TablesError(
		"unsupported",
		`change ${start.change} cannot be undone: ${reason}`,
		{ next: "Nothing was sent." },
	);
}

/** What would be changed is not there. */
export function gone({ start }: Action, what: string): TablesError {
	return new TablesError(
		"not_found",
		`change ${start.change} cannot be undone: ${what} is gone`,
		{ next: "Call describe_fields or list_tables for what there is." },
	);
}

/** What was set is not as it was set. */
export function changedSince({ start }: Action, what: string): TablesError {
	return new TablesError(
		"conflict",
		`change ${start.change} cannot be undone: ${what} since`,
		{ next: "Nothing was sent. Ask the person what it should be now." },
	);
}

/** No former values are kept there. */
export function undoOff(connection: string): TablesError {
	return new TablesError(
		"unsupported",
		`undo is off for the connection ${connection}`,
		{
			next: "A person sets `undo` in the configuration; it counts for later changes.",
		},
	);
}

/**
 * An undo is a change of its own, which can be taken back as well.
 * @param by Ids of the undos.
 * @param left What of the change cannot be taken back, and why.
 */
export function undoneAlready(
	change: string,
	by: readonly string[],
	left: readonly string[] = [],
): TablesError {
	const undos = [...new Set(by)];
	const rest =
		left.length === 0
			? ""
			: `, and what is left of it cannot be taken back: ${left.join("; ")}`;
	return new TablesError(
		"bad_argument",
		`change ${change} was undone already by ${undos.join(", ")}${rest}`,
		{
			next: `Undo ${undos.length === 1 ? "that one" : "those"} to bring it back.`,
		},
	);
}

/** One kind of deed. */
export type Of<Kind extends Deed["kind"]> = Extract<
	Deed,
	{ readonly kind: Kind }
>;

/** The deed that takes another one back. */
interface Back<Value> {
	readonly deed: Deed;
	readonly consent: Consent | undefined;
	/** What is there then, by the vendor's answer. Absent: nothing that an undo needs. */
	readonly made?: (answer: Value) => Made;
}

/** An undo is an action of its own. */
export function again<Value>(
	{ session, action, located }: Undoing,
	{ deed, consent, made }: Back<Value>,
	send: () => Promise<Value>,
): Promise<CarriedOut<Value>> {
	return carryOut(
		session,
		{
			tool: "undo_change",
			place: located,
			deed,
			undoes: action.start.change,
			consent,
			widely: deed.kind === "delete_field",
		},
		async () => {
			const value = await send();
			return { value, ...(made && { made: () => made(value) }) };
		},
	);
}

/** The records that a step takes something from; all where there is no `input`. */
export function countedFor(
	{ located, session, running }: Undoing,
	records: Omit<CountedRecords, "purpose">,
): Promise<Most> {
	return countInTime(
		session,
		located,
		{ ...records, purpose: "kept" },
		running,
	);
}
