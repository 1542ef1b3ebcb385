import { type Act, act, andSo } from "../core/contract/consent.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import { jsonStart } from "../core/values/json-pieces.js";
import { describeDeed } from "../core/write/describe-action.js";
import { isWritten } from "../core/write/present-ids.js";
import { findChange } from "../core/write/resume-change.js";
import { namesIn, visibleAction } from "../core/write/visible-changes.js";

/*
 * What is said of a call where a person is asked before every write: its table first, then its other arguments, each
 * by itself, so that a long one does not hide the rest; of a list how many it has, and the first of them.
 */

/** Tools that ask in words of their own, each time: asked before as well, a person would be asked twice for one thing. */
export const ASK_THEMSELVES: ReadonlySet<string> = new Set([
	"delete_view",
	"delete_table",
	"delete_field",
	"delete_contact",
	"delete_role",
	"remove_role_members",
]);

/** Of a list so many are shown. */
const FIRST = 3;
/** More of a value than a question ever shows. */
const SHOWN_CHARACTERS = 200;

/** What a call would do, from its arguments; of an undo what it takes back. */
export async function describeCall(
	session: Session,
	{ tool, args }: { readonly tool: string; readonly args: object },
	running: Running,
): Promise<Act> {
	const given = Object.entries(args);
	const isTable = ([name]: readonly [string, unknown]) => name === "table";
	return andSo(
		act`run ${tool} with `,
		...[
			...given.filter(isTable),
			...given.filter((entry) => !isTable(entry)),
		].map(([name, value], index) =>
			andSo(index === 0 ? act`` : act`; `, argumentAct(name, value)),
		),
		tool === "undo_change"
			? await takenBackAct(session, args, running)
			: undefined,
	);
}

function argumentAct(name: string, value: unknown): Act {
	if (!Array.isArray(value)) return act`${name}: ${shown(value)}`;
	const first = value.slice(0, FIRST).map(shown);
	return value.length === 0
		? act`${name}: none`
		: act`${name}: ${value.length}${{ first, of: value.length }}`;
}

function shown(value: unknown): string {
	return typeof value === "string" ? value : jsonStart(value, SHOWN_CHARACTERS);
}

/** An id tells a person nothing: what it wrote or did, where and when; undefined where no such change is found for who calls. */
async function takenBackAct(
	session: Session,
	args: object,
	running: Running,
): Promise<Act | undefined> {
	const { change_id: id } = args as { readonly change_id?: unknown };
	if (typeof id !== "string") return undefined;
	const found = await findChange(session, id, running).catch(() => undefined);
	if (found === undefined) return deedAct(session, id, running);
	const { start, results } = found.change;
	let count = 0;
	for (const result of results.values()) if (isWritten(result)) count++;
	return act`, which takes back what ${start.tool} wrote: ${{ count, noun: "record" }} of ${found.located.table.name}, at ${new Date(start.atMs).toISOString()}`;
}

/** What an undo of a change of tables, fields or views takes back. */
async function deedAct(
	session: Session,
	id: string,
	running: Running,
): Promise<Act | undefined> {
	const seen = await visibleAction(session, id, running).catch(() => undefined);
	if (seen === undefined) return undefined;
	const { start } = seen.action;
	const did = describeDeed(start.deed, namesIn(session, seen));
	return act`, which takes back that ${start.tool} ${did}, at ${new Date(start.atMs).toISOString()}`;
}
