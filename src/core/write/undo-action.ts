import { act, asksLately, placesOf, tablePlace } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { locate, reload } from "../places/locate.js";
import { actionStatus, describeDeed } from "./describe-action.js";
import { dryConsent } from "./dry-consent.js";
import { confirmStanding } from "./standing.js";
import { dropField, fieldBack } from "./undo-field.js";
import {
	cannot,
	gone,
	type Step,
	type Undoing,
	undoneAlready,
	undoOff,
} from "./undo-step.js";
import { dropTable, renameBack } from "./undo-table.js";
import { dropView, remakeView, viewBack } from "./undo-view.js";
import {
	finalReason,
	namesIn,
	referenceOf,
	type SeenAction,
	visibleUndo,
} from "./visible-changes.js";

/** An action that was taken back, or would be. */
export interface UndoneAction {
	/** null: a dry run. */
	readonly change: string | null;
	readonly says: string;
	readonly notes: readonly string[];
}

/**
 * Takes back what a tool did to a table, a field or a view, unless it was changed since. What others have put into it
 * is lost only if a person agrees.
 * @throws TablesError unsupported with the reason, conflict, bad_argument, not_found, declined.
 */
export async function undoAction(
	session: Session,
	seen: SeenAction,
	given: { readonly dryRun: boolean; readonly confirm?: string | undefined },
	running: Running,
): Promise<UndoneAction> {
	const { action } = seen;
	await checkUndoable(session, seen, running);
	const reference = referenceOf(action);
	if (reference === undefined) throw gone(action, "its table");
	const located = await locate(session, reference, running, { maxAgeMs: 0 });
	const undoing = {
		session,
		running,
		located,
		action,
		made: action.end?.made ?? {},
	};
	let step = await stepOf(undoing);
	if (given.dryRun)
		return {
			change: null,
			says: `would have ${step.says}`,
			notes: [
				...(step.notes ?? []),
				...dryConsent(session, step.question?.expected, step.question?.action)
					.notes,
			],
		};
	const asked = { place: tablePlace(located), also: step.also ?? [] };
	const question =
		step.question ??
		((await asksLately(session, placesOf(asked)))
			? {
					action: act`take back a change of ${located.table.name}`,
					expected: located.table.name,
				}
			: undefined);
	const consent =
		question &&
		(await confirmStanding(
			running,
			{ kind: "undo_made", ...asked, given: given.confirm, ...question },
			{
				what: `the table "${located.table.name}"`,
				seen: step.standing,
				look: async () => {
					const now = await reload(session, located, running);
					step = await stepOf({ ...undoing, located: now });
					return step.standing;
				},
			},
		));
	const done = await step.send(consent);
	return {
		change: done.change,
		says: step.says,
		notes: [...(step.notes ?? []), ...done.notes],
	};
}

/** @throws TablesError where the action's kind, or how it ended, leaves nothing that can be taken back. */
async function checkUndoable(
	session: Session,
	seen: SeenAction,
	running: Running,
): Promise<void> {
	const { action } = seen;
	const { start, end } = action;
	const what = describeDeed(start.deed, namesIn(session, seen));
	if (end === undefined)
		throw new TablesError(
			"conflict",
			`change ${start.change} (${what}) is ${actionStatus(action, referenceOf(action))}`,
		);
	if (end.outcome === "failed")
		throw new TablesError(
			"bad_argument",
			`change ${start.change} was refused: there is nothing to undo`,
		);
	const earlier = await visibleUndo(session, start.change, running);
	if (earlier !== undefined)
		throw undoneAlready(start.change, [earlier.action.start.change]);
	const reason = finalReason(session, start);
	if (reason !== undefined) throw cannot(action, reason);
	if (session.connections.get(start.connection)?.undo === false)
		throw undoOff(start.connection);
}

function stepOf(undoing: Undoing): Promise<Step> {
	const { deed } = undoing.action.start;
	switch (deed.kind) {
		case "create_table":
			return dropTable(undoing, deed);
		case "rename_table":
			return renameBack(undoing, deed);
		case "create_field":
			return dropField(undoing, deed);
		case "update_field":
			return fieldBack(undoing, deed);
		case "create_view":
			return dropView(undoing, deed);
		case "update_view":
			return viewBack(undoing, deed);
		case "delete_view":
			return remakeView(undoing, deed);
		default:
			throw cannot(
				undoing.action,
				finalReason(undoing.session, undoing.action.start) ??
					"there is no way back",
			);
	}
}
