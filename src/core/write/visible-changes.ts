import type { Action, ActionStart, Deed } from "../contract/actions.js";
import { TablesError } from "../contract/errors.js";
import type { ChangeStart, DamagedFile } from "../contract/journal.js";
import type { Capability } from "../contract/methods.js";
import { isFenced, type Policy } from "../contract/policy.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { type Attempt, attempt } from "../delivery/attempt.js";
import { locateBase } from "../places/bases.js";
import { type Located, locate } from "../places/locate.js";
import { formatReference } from "../places/reference.js";
import { usedNames } from "../places/rules.js";
import { defined } from "../values/defined.js";
import { pickInTurns } from "../values/in-turns.js";
import { foldName } from "../values/near-names.js";
import { policyHash } from "./carry-out.js";
import { isOwn } from "./own-changes.js";
import { type UndoPart, undoPart } from "./present-ids.js";
import { isViewType } from "./states.js";

/*
 * What of the journal exists for who calls: their own changes, of what the policy shows now.
 */

/** An action that may be seen. */
export interface SeenAction {
	readonly action: Action;
	/** Its table as it is now; undefined: it has none, it is gone, or nothing depends on it. */
	readonly located: Located | undefined;
}

/** A change of records that may be seen. */
export interface SeenChange {
	readonly start: ChangeStart;
	/** What it has taken back. Absent: it is not an undo. */
	readonly undo?: UndoPart;
}

/** What of the journal who calls may see; what cannot be read is reported. Of changes no more than is said of all. */
export async function visibleWrites(
	session: Session,
	running: Running,
	report: (damaged: DamagedFile) => void,
): Promise<{
	readonly changes: readonly SeenChange[];
	readonly actions: readonly SeenAction[];
}> {
	const actions: Action[] = [];
	const changes = await session.journal.each<SeenChange>(
		{
			async change(change) {
				if (!isOwn(session, change.start)) return undefined;
				const undo = await undoPart(change);
				return { start: change.start, ...defined({ undo }) };
			},
			action(action) {
				actions.push(action);
				return undefined;
			},
		},
		report,
	);
	const open = tablesOf(session, running);
	return {
		changes: await visibleChanges(session, changes, open),
		actions: await visibleActions(session, actions, open, running),
	};
}

/** Those of these actions that who calls may see. */
async function visibleActions(
	session: Session,
	actions: readonly Action[],
	open: OpenTable,
	running: Running,
): Promise<readonly SeenAction[]> {
	const own = actions.filter(({ start }) => isOwn(session, start));
	const seen = await Promise.all(
		own.map((action) => seeAction(session, action, open, running)),
	);
	return seen.flatMap((one) => one ?? []);
}

/** The action with this id, if it may be seen; undefined as if there were none. */
export async function visibleAction(
	session: Session,
	id: string,
	running: Running,
): Promise<SeenAction | undefined> {
	const action = await session.journal.readAction(id);
	return action === undefined || !isOwn(session, action.start)
		? undefined
		: seeAction(session, action, tablesOf(session, running), running);
}

/** The action that has taken this one back; undefined as if there were none where it may not be seen. */
export async function visibleUndo(
	session: Session,
	id: string,
	running: Running,
): Promise<SeenAction | undefined> {
	const undos = await session.journal.each({
		start: ({ type, undoes }) => type === "action" && undoes === id,
		action: (action) => (action.end?.outcome === "done" ? action : undefined),
	});
	const open = tablesOf(session, running);
	const [last] = await visibleActions(
		session,
		[...undos].sort((a, b) => b.start.atMs - a.start.atMs),
		open,
		running,
	);
	return last;
}

type OpenTable = (reference: string) => Promise<Attempt<Located>>;

/** Each table is looked for once. */
function tablesOf(session: Session, running: Running): OpenTable {
	const known = new Map<string, Promise<Attempt<Located>>>();
	return (reference) => {
		const found =
			known.get(reference) ??
			attempt(() => locate(session, reference, running));
		known.set(reference, found);
		return found;
	};
}

async function seeAction(
	session: Session,
	action: Action,
	open: OpenTable,
	running: Running,
): Promise<SeenAction | undefined> {
	const { start } = action;
	const connection = session.connections.get(start.connection);
	if (connection === undefined) return undefined;
	const { policy } = connection;
	if (!isFenced(policy)) return { action, located: undefined };
	// What was refused may have been refused by the policy: what was tried need not be told.
	if (action.end?.outcome === "failed") return undefined;
	const reference = referenceOf(action);
	const found = reference === undefined ? undefined : await open(reference);
	const located = found && "value" in found ? found.value : undefined;
	const isShown =
		reference === undefined
			? await showsBase(session, action, running)
			: located === undefined
				? start.deed.kind === "delete_table" && isSame(policy, action)
				: showsPart(action, located);
	return isShown ? { action, located } : undefined;
}

/** The table that an action was on, or made. */
export function referenceOf({ start, end }: Action): string | undefined {
	const { connection, base, deed } = start;
	const table =
		start.table ?? (deed.kind === "create_table" ? end?.made?.id : undefined);
	return base === undefined || table === undefined
		? undefined
		: formatReference({ connection, base, table });
}

/** What is gone, or was never seen, may be told only to who had the same rules when it was done. */
function isSame(policy: Policy, { start }: Action): boolean {
	return start.policy === policyHash(policy);
}

/** A field that the policy hides, or that is gone, is not told of; one that this server has deleted had been seen. */
function showsPart(action: Action, { connection, table }: Located): boolean {
	const { deed } = action.start;
	const field = fieldOf(action);
	if (deed.kind === "delete_field")
		return isSame(connection.policy, action) && !table.byId.has(deed.id ?? "");
	return field === undefined
		? deed.kind !== "create_field"
		: table.byId.has(field);
}

/** Id of the field that an action was on, or made. */
function fieldOf({ start: { deed }, end }: Action): string | undefined {
	switch (deed.kind) {
		case "update_field":
			return deed.field;
		case "create_field":
			return end?.made?.id;
		case "upload_files":
			return deed.id;
		default:
			return undefined;
	}
}

async function showsBase(
	session: Session,
	action: Action,
	{ call }: Running,
): Promise<boolean> {
	const { connection: name, base } = action.start;
	const policy = session.connections.get(name)?.policy;
	if (policy === undefined || !isSame(policy, action)) return false;
	if (base === undefined) return true;
	return locateBase(session, { connection: name, base }, call).then(
		() => true,
		() => false,
	);
}

/**
 * Names as they may be shown: one that a rule uses is left out, unless what it belongs to bears it now.
 */
export function namesIn(
	session: Session,
	{ action, located }: SeenAction,
): (name: string) => string {
	const policy = session.connections.get(action.start.connection)?.policy;
	if (policy === undefined || !isFenced(policy)) return (name) => name;
	const used = usedNames(policy);
	const borne = new Set(
		located === undefined
			? []
			: [located.table, ...located.table.fields, ...located.table.views].map(
					({ name }) => foldName(name),
				),
	);
	return (name) => {
		const folded = foldName(name);
		return used.has(folded) && !borne.has(folded) ? "(not shown)" : name;
	};
}

/** Those of these changes of records that are of who calls, of tables that they may still see. */
async function visibleChanges(
	session: Session,
	own: readonly SeenChange[],
	open: OpenTable,
): Promise<readonly SeenChange[]> {
	const shown = new Map<string, boolean>();
	for (const change of own) {
		const reference = formatReference(change.start);
		if (shown.has(reference)) continue;
		const found = await open(reference);
		shown.set(
			reference,
			"value" in found || isOpenAnyway(session, change, found.error),
		);
	}
	return pickInTurns(own, (change) =>
		shown.get(formatReference(change.start)) ? change : undefined,
	);
}

/** A table that cannot be read now may be shown only where no policy could hide it. */
function isOpenAnyway(
	session: Session,
	{ start }: SeenChange,
	error: unknown,
): boolean {
	const connection = session.connections.get(start.connection);
	return (
		connection !== undefined &&
		!isFenced(connection.policy) &&
		!(error instanceof TablesError && error.code === "not_found")
	);
}

/** What the vendor has to have so that a deed of this kind is taken back. */
const WAYS_BACK: Partial<Record<Deed["kind"], Capability>> = {
	create_table: "deleteTable",
	rename_table: "renameTable",
	create_field: "deleteField",
	update_field: "updateField",
	create_view: "deleteView",
	update_view: "updateView",
	delete_view: "createView",
};

/** Why a deed cannot be taken back; undefined = it can, as far as its kind goes and the vendor has a way. */
export function finalReason(
	session: Session,
	{ connection, deed }: Pick<ActionStart, "connection" | "deed">,
): string | undefined {
	const final = finalKind(deed);
	const way = WAYS_BACK[deed.kind];
	const vendor = session.connections.get(connection);
	if (final !== undefined || way === undefined || vendor === undefined)
		return final;
	const capability = vendor.capabilities[way];
	return capability === true
		? undefined
		: `${vendor.title} cannot do this: ${capability.unsupported}; ${BY_PERSON}`;
}

function finalKind(deed: Deed): string | undefined {
	switch (deed.kind) {
		case "create_table":
		case "rename_table":
		case "create_field":
		case "create_view":
			return undefined;
		case "update_view":
			return deed.parts.some(
				(part) => part !== "treeBy" && deed.from[part] === undefined,
			)
				? "the view's former settings are not reported by this vendor, or undo was off"
				: undefined;
		case "delete_view":
			return deed.from === undefined || !isViewType(deed.type)
				? "what was set in it is not kept; make it again with create_view"
				: undefined;
		case "update_field":
			return whyFieldStays(deed);
		default:
			return FINAL[deed.kind];
	}
}

const BY_PERSON = "a person takes it back in the app";

/** Each with what to do instead. */
const FINAL = {
	delete_table:
		"the table's records and ids are gone; create_table makes an empty one",
	delete_field: "the field's cells are gone; create_field makes an empty one",
	upload_files:
		"the files stay with the vendor; a cell that holds them has a change of its own",
	create_base: `bases are not deleted here; ${BY_PERSON}`,
	update_base: "call update_base with the former name or setting",
	copy_base: `bases are not deleted here; ${BY_PERSON}`,
	share_base: BY_PERSON,
	update_form: "call update_form with the former texts and settings",
	copy_dashboard: `dashboards are not deleted here; ${BY_PERSON}`,
	create_role: "call delete_role",
	update_role: "call update_role with the former rights",
	delete_role: "make it again with create_role, then add_role_members",
	add_role_members: "call remove_role_members",
	remove_role_members: "call add_role_members",
	save_contact: "call save_contact with the former values, or delete_contact",
	delete_contact:
		"a person invites the member again, or save_contact makes the entry anew",
	switch_automation: "call switch_automation with the other value",
} as const satisfies Record<string, string>;

function whyFieldStays({
	from,
	to,
}: Extract<Deed, { kind: "update_field" }>): string | undefined {
	if (from.type !== to.type)
		return "a type change writes every cell anew, and the former ones are not kept";
	const left = new Set(to.settings.options?.map(({ id }) => id));
	const removed = (from.settings.options ?? []).filter(
		({ id }) => to.settings.options !== undefined && !left.has(id),
	);
	return removed.length > 0
		? `options were removed from every record (${removed.length}), and which records had them is not kept`
		: undefined;
}
