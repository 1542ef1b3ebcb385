import type { Clock } from "../../../src/core/contract/clock.js";
import { type Identifiers, identifiers } from "./identifiers.js";
import type {
	AcceptedToken,
	AppToken,
	Base,
	Department,
	DocumentNode,
	Field,
	ImportJob,
	Resource,
	Row,
	Sheet,
	User,
	Workspace,
} from "./model.js";
import { type DingtalkSwitches, defaultSwitches } from "./switches.js";

/** Everything that the fake knows. */
export interface Store {
	readonly clock: Pick<Clock, "now">;
	readonly identifiers: Identifiers;
	readonly switches: DingtalkSwitches;
	/** Secrets by app key. */
	readonly apps: Map<string, string>;
	/** Scopes that the app lacks. */
	readonly withheld: Set<string>;
	readonly tokens: Map<string, AppToken>;
	readonly bases: Map<string, Base>;
	readonly nodes: Map<string, DocumentNode>;
	readonly workspaces: Map<string, Workspace>;
	/** By unionId. */
	readonly users: Map<string, User>;
	/** userId to unionId. */
	readonly userIds: Map<string, string>;
	/** Silent-login codes, each good once. */
	readonly loginCodes: Map<string, { unionId: string; expiresAtMs: number }>;
	readonly departments: Map<number, Department>;
	readonly resources: Map<string, Resource>;
	readonly accepted: Map<string, AcceptedToken>;
	readonly imports: Map<string, ImportJob>;
	readonly corpId: string;
}

export const ROOT_DEPARTMENT = 1;

export function createStore(
	clock: Pick<Clock, "now">,
	seed: number,
	switches: Partial<DingtalkSwitches>,
): Store {
	const made = identifiers(seed);
	return {
		clock,
		identifiers: made,
		switches: { ...defaultSwitches(), ...switches },
		apps: new Map(),
		withheld: new Set(),
		tokens: new Map(),
		bases: new Map(),
		nodes: new Map(),
		workspaces: new Map(),
		users: new Map(),
		userIds: new Map(),
		loginCodes: new Map(),
		departments: new Map([
			[
				ROOT_DEPARTMENT,
				{ id: ROOT_DEPARTMENT, name: "Organization", parentId: 0 },
			],
		]),
		resources: new Map(),
		accepted: new Map(),
		imports: new Map(),
		corpId: `ding${made.hex(32)}`,
	};
}

/** One of several things by id or exact name, in the order of the switch `resolveFirst`. */
export function resolved<Thing extends { readonly name: string }>(
	store: Store,
	things: ReadonlyMap<string, Thing>,
	idOrName: string,
): Thing | undefined {
	const byName = () => {
		for (const thing of things.values())
			if (thing.name === idOrName) return thing;
		return undefined;
	};
	return store.switches.resolveFirst === "id"
		? (things.get(idOrName) ?? byName())
		: (byName() ?? things.get(idOrName));
}

export function newBase(
	store: Store,
	given: { name: string; id: string; initializedAtMs?: number },
): Base {
	const base: Base = {
		id: given.id,
		name: given.name,
		sheets: new Map(),
		members: new Map(),
		everyone: undefined,
		initializedAtMs: given.initializedAtMs ?? 0,
		listReadyAtMs: 0,
		broken: false,
		advancedPermissions: false,
		roles: new Map(),
		roleMembers: [],
		workflows: new Map(),
		externalAuth: new Map(),
	};
	store.bases.set(base.id, base);
	return base;
}

export function newSheet(
	store: Store,
	base: Base,
	name: string,
	id = store.identifiers.next(7),
): Sheet {
	const sheet: Sheet = {
		id,
		base,
		name,
		fields: new Map(),
		rows: new Map(),
		order: [],
		nextSequence: 1,
	};
	base.sheets.set(id, sheet);
	return sheet;
}

export function newRow(
	store: Store,
	sheet: Sheet,
	by: string,
	id = store.identifiers.next(10),
	atMs = store.clock.now(),
): Row {
	const row: Row = {
		id,
		sequence: sheet.nextSequence++,
		cells: new Map(),
		createdBy: by,
		createdMs: atMs,
		modifiedBy: by,
		modifiedMs: atMs,
		gone: false,
	};
	sheet.rows.set(id, row);
	sheet.order.push(row);
	return row;
}

/** The other end of a two-way link, if it still exists. */
function otherSide(
	sheet: Sheet,
	field: Field,
): { sheet: Sheet; field: Field } | undefined {
	if (field.type !== "bidirectionalLink") return undefined;
	const there = sheet.base.sheets.get(field.property?.linkedSheetId ?? "");
	const other = there?.fields.get(field.property?.linkedFieldId ?? "");
	return there === undefined || other === undefined
		? undefined
		: { sheet: there, field: other };
}

/** Stores a value or clears the cell; the other side of a two-way link follows. */
export function setCell(
	store: Store,
	sheet: Sheet,
	row: Row,
	field: Field,
	cell: unknown,
): void {
	const other = store.switches.mirrorLinks
		? otherSide(sheet, field)
		: undefined;
	if (other !== undefined) {
		const before = (row.cells.get(field.id) ?? []) as readonly string[];
		const after = (cell ?? []) as readonly string[];
		for (const id of before)
			if (!after.includes(id)) linkBack(other, id, row.id, false);
		for (const id of after)
			if (!before.includes(id)) linkBack(other, id, row.id, true);
	}
	if (cell === null || cell === undefined) row.cells.delete(field.id);
	else row.cells.set(field.id, cell);
}

function linkBack(
	other: { sheet: Sheet; field: Field },
	linkedId: string,
	rowId: string,
	isLinked: boolean,
): void {
	const there = other.sheet.rows.get(linkedId);
	if (there === undefined) return;
	const ids = (there.cells.get(other.field.id) ?? []) as readonly string[];
	const left = ids.filter((id) => id !== rowId);
	if (isLinked) left.push(rowId);
	if (left.length === 0) there.cells.delete(other.field.id);
	else there.cells.set(other.field.id, left);
}

/** Removes rows; links to them go, too. */
export function removeRows(
	store: Store,
	sheet: Sheet,
	ids: Iterable<string>,
): void {
	for (const id of ids) {
		const row = sheet.rows.get(id);
		if (row === undefined) continue;
		for (const field of sheet.fields.values())
			if (field.type === "bidirectionalLink")
				setCell(store, sheet, row, field, null);
		row.gone = true;
		sheet.rows.delete(id);
	}
	if (sheet.order.length > 2 * sheet.rows.size + 64)
		sheet.order = sheet.order.filter(({ gone }) => !gone);
}

/** Removes a column and its cells; the other side of a two-way link becomes nothing, too. */
export function removeField(sheet: Sheet, field: Field): void {
	const other = otherSide(sheet, field);
	sheet.fields.delete(field.id);
	for (const row of sheet.rows.values()) row.cells.delete(field.id);
	if (other === undefined) return;
	other.sheet.fields.delete(other.field.id);
	for (const row of other.sheet.rows.values()) row.cells.delete(other.field.id);
}

/** The live rows in row order. */
export function* orderedRows(sheet: Sheet): Generator<Row> {
	for (const row of sheet.order) if (!row.gone) yield row;
}
