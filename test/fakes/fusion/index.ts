import type { Clock } from "../../../src/core/contract/clock.js";
import { type Fake, type FaultPlan, withFaults } from "../fake.js";
import { newAsset } from "./attachments.js";
import { shownFields } from "./cells.js";
import { addUnit } from "./contacts.js";
import { createLimits } from "./limits.js";
import type { Cell, Field, Permission, SortKey, Table, Unit } from "./model.js";
import { createServer } from "./server.js";
import { checkedSettings, typeNamed } from "./settings.js";
import {
	addNode,
	createStore,
	type FusionSwitches,
	fieldNamed,
	orderedRows,
	type Store,
} from "./store.js";
import {
	checkReferences,
	newField,
	newRow,
	newTable,
	newView,
	removeField,
	removeRows,
} from "./tables.js";
import { pending, settled, writeCell } from "./writes.js";

export type { FusionSwitches } from "./store.js";

export interface FusionFakeOptions {
	readonly clock: Pick<Clock, "now">;
	readonly fault?: FaultPlan;
	/** Deviations from the measured behaviour; see FusionSwitches for each default. */
	readonly switches?: Partial<FusionSwitches>;
	/** The server's time zone. Default Etc/UTC, as measured. */
	readonly timeZone?: string;
	/** Ids follow from it. Default 1. */
	readonly seed?: number;
}

export interface SeedField {
	readonly name: string;
	/** A type name of the API. */
	readonly type: string;
	/** The property of a create call. */
	readonly property?: unknown;
	readonly id?: string;
	readonly description?: string;
}

export interface SeedRow {
	readonly recordId: string;
	readonly fields: Readonly<Record<string, unknown>>;
}

export interface SeedPerson {
	readonly token: string;
	readonly uuid: string;
	/** The numeric id of the member in the space. */
	readonly id: string;
	readonly unitId: string;
}

/**
 * AITable, APITable and Vika in process. Everything under `seed` works without HTTP, limits and permissions,
 * with the same validation of values as the API.
 */
export interface FusionFake extends Fake {
	/** The space that always exists, and the token of its owner. */
	readonly spaceId: string;
	readonly token: string;
	readonly store: Store;
	/** Calls answered with 429, altogether. */
	readonly throttled: number;
	/** The same by datasheet, space or `user`. */
	readonly throttledBy: ReadonlyMap<string, number>;
	/** Changes switches while the fake runs. */
	set(changes: Partial<FusionSwitches>): void;
	revoke(token: string): void;
	/** The stored rows in order, as cellFormat=json shows them with names. */
	rows(tableId: string, key?: "name" | "id"): SeedRow[];
	fields(tableId: string): readonly Field[];
	addSpace(given: { name: string; id?: string; rootId?: string }): string;
	/** A person with a token; a member of the space unless `permission` is null. Default: an editor's rights of a manager (0), no administrator. */
	addPerson(given: {
		name: string;
		spaceId?: string;
		permission?: Permission | null;
		isAdmin?: boolean;
		token?: string;
		uuid?: string;
		id?: string;
		unitId?: string;
		email?: string;
		mobile?: { areaCode: string; number: string };
		memberType?: Unit["memberType"];
		teams?: string[];
		roles?: string[];
	}): SeedPerson;
	addTeam(given: {
		name: string;
		spaceId?: string;
		id?: string;
		unitId?: string;
		parentUnitId?: string;
	}): Unit;
	addRole(given: { name: string; spaceId?: string; unitId?: string }): Unit;
	/** A folder, form, dashboard, mirror or automation, after its siblings. */
	addNode(given: {
		type: string;
		name: string;
		spaceId?: string;
		parentId?: string;
		id?: string;
		icon?: string;
	}): string;
	addTable(given: {
		name: string;
		fields: readonly SeedField[];
		spaceId?: string;
		folderId?: string;
		id?: string;
		viewId?: string;
	}): string;
	addField(tableId: string, field: SeedField): string;
	removeField(tableId: string, name: string): void;
	/** A view; columns by name. */
	addView(
		tableId: string,
		given: {
			name: string;
			type?: string;
			id?: string;
			hidden?: readonly string[];
			order?: readonly string[];
			filter?: string;
			group?: readonly { field: string; descending?: boolean }[];
			sort?: readonly { field: string; descending?: boolean }[];
		},
	): string;
	/** Records by column name, in any number; empty `{}` makes a blank row. Returns their ids. */
	addRecords(
		tableId: string,
		records: readonly Readonly<Record<string, unknown>>[],
		options?: {
			ids?: readonly string[];
			by?: string;
			/** When each record was created; default now. */
			atMs?: (index: number) => number;
		},
	): string[];
	updateRecord(
		tableId: string,
		recordId: string,
		fields: Readonly<Record<string, unknown>>,
	): void;
	removeRecords(tableId: string, recordIds: readonly string[]): void;
	/** An uploaded file; returns the token for a cell. */
	addAttachment(given: {
		name: string;
		bytes: Uint8Array;
		mimeType?: string;
		spaceId?: string;
		token?: string;
	}): string;
	/** Narrows what a token's user may do with a node or a column. */
	restrictNode(nodeId: string, token: string, permission: Permission): void;
	restrictField(
		tableId: string,
		name: string,
		token: string,
		access: "read" | "none" | "edit",
	): void;
}

/** The vendor's server as a fake; see `sample.ts` for a filled one. */
export function createFusionFake(options: FusionFakeOptions): FusionFake {
	const store = createStore(
		options.clock,
		options.timeZone ?? "Etc/UTC",
		options.seed ?? 1,
		options.switches ?? {},
	);
	const limits = createLimits(store);
	const fake = withFaults(createServer(store, limits), {
		clock: options.clock,
		...(options.fault === undefined ? {} : { fault: options.fault }),
	});
	const seeding = seedingOf(store);
	const spaceId = seeding.addSpace({ name: "Workspace" });
	const owner = seeding.addPerson({
		name: "Owner",
		spaceId,
		isAdmin: true,
		memberType: "PrimaryAdmin",
		email: "owner@example.com",
	});
	return {
		...seeding,
		handle: fake.handle,
		log: fake.log,
		spaceId,
		token: owner.token,
		store,
		throttledBy: limits.throttled,
		get throttled() {
			return [...limits.throttled.values()].reduce(
				(sum, each) => sum + each,
				0,
			);
		},
		set: (changes) => Object.assign(store.switches, changes),
		revoke: (token) => void store.tokens.delete(token),
	};
}

type Seeding = Omit<
	FusionFake,
	| "handle"
	| "log"
	| "spaceId"
	| "token"
	| "store"
	| "throttled"
	| "throttledBy"
	| "set"
	| "revoke"
>;

function seedingOf(store: Store): Seeding {
	const { identifiers } = store;
	const firstSpace = () => store.spaces.keys().next().value ?? "";
	const firstUser = () => store.users.keys().next().value ?? "";
	const tableAt = (id: string): Table => {
		const table = store.tables.get(id);
		if (table === undefined) throw new Error(`no datasheet ${id}`);
		return table;
	};
	const fieldAt = (table: Table, name: string): Field => {
		const field = table.fields.get(name) ?? fieldNamed(table, name);
		if (field === undefined)
			throw new Error(`${table.id} has no column ${name}`);
		return field;
	};
	const cells = (table: Table, fields: Readonly<Record<string, unknown>>) =>
		new Map<string, Cell | null>(
			Object.entries(fields).map(([name, value]) => {
				const field = fieldAt(table, name);
				const given = pending(value, field, store);
				if ("skipped" in given)
					throw new Error(
						`${table.id} would not keep ${JSON.stringify(value)} in ${name}`,
					);
				return [field.id, settled(given, field, store)];
			}),
		);
	const userOf = (token: string) => store.tokens.get(token) ?? "";
	const addField = (table: Table, given: SeedField): string => {
		const type = typeNamed(given.type);
		if (type === undefined) throw new Error(`no column type ${given.type}`);
		const checked = checkedSettings(type, given.property, store);
		if ("problem" in checked)
			throw new Error(`${given.name}: ${checked.problem}`);
		checkReferences(store, table, type, checked.settings);
		return newField(store, table, {
			name: given.name,
			type,
			settings: checked.settings,
			...(given.id === undefined ? {} : { id: given.id }),
			...(given.description === undefined
				? {}
				: { description: given.description }),
		}).id;
	};
	return {
		rows(tableId, key = "name") {
			const table = tableAt(tableId);
			const sight = { store, table, origin: "" };
			return orderedRows(table).map((row) => ({
				recordId: row.id,
				fields: shownFields(row, table.fields.values(), sight, key, "json"),
			}));
		},
		fields: (tableId) => [...tableAt(tableId).fields.values()],
		addSpace({ name, id = identifiers.next("spc"), rootId }) {
			const root = rootId ?? identifiers.next("fod");
			store.spaces.set(id, {
				id,
				name,
				rootId: root,
				members: new Map(),
				rowCount: 0,
				storageBytes: 0,
			});
			addNode(store, {
				spaceId: id,
				type: "Root",
				name: "",
				id: root,
				parentId: "0",
			});
			return id;
		},
		addPerson(given) {
			const spaceId = given.spaceId ?? firstSpace();
			const token = given.token ?? identifiers.next("usk");
			const uuid = given.uuid ?? identifiers.hex(32);
			store.users.set(uuid, { uuid, name: given.name, avatar: null });
			store.tokens.set(token, uuid);
			if (given.permission === null) return { token, uuid, id: "", unitId: "" };
			store.spaces.get(spaceId)?.members.set(uuid, {
				permission: given.permission ?? 0,
				isAdmin: given.isAdmin ?? false,
			});
			const {
				permission: _permission,
				isAdmin,
				token: _token,
				uuid: _uuid,
				...rest
			} = given;
			const unit = addUnit(store, {
				...rest,
				spaceId,
				type: "Member",
				userUuid: uuid,
				memberType: given.memberType ?? (isAdmin ? "SubAdmin" : "Member"),
			});
			return { token, uuid, id: unit.id, unitId: unit.unitId };
		},
		addTeam: (given) =>
			addUnit(store, {
				...given,
				spaceId: given.spaceId ?? firstSpace(),
				type: "Team",
			}),
		addRole: (given) =>
			addUnit(store, {
				...given,
				spaceId: given.spaceId ?? firstSpace(),
				type: "Role",
			}),
		addNode(given) {
			const id =
				given.id ?? identifiers.next(NODE_PREFIXES[given.type] ?? "fod");
			addNode(store, {
				...given,
				id,
				spaceId: given.spaceId ?? firstSpace(),
				last: true,
			});
			return id;
		},
		addTable({ fields, folderId, spaceId = firstSpace(), ...rest }) {
			const table = newTable(store, {
				...rest,
				spaceId,
				last: true,
				...(folderId === undefined ? {} : { parentId: folderId }),
			});
			for (const field of fields) addField(table, field);
			return table.id;
		},
		addField: (tableId, field) => addField(tableAt(tableId), field),
		removeField(tableId, name) {
			const table = tableAt(tableId);
			removeField(store, table, fieldAt(table, name), "delete");
		},
		addView(tableId, given) {
			const table = tableAt(tableId);
			const ids = (names: readonly string[] | undefined) =>
				(names ?? []).map((name) => fieldAt(table, name).id);
			const keys = (
				list: readonly { field: string; descending?: boolean }[] | undefined,
			): SortKey[] =>
				(list ?? []).map(({ field, descending = false }) => ({
					fieldId: fieldAt(table, field).id,
					descending,
				}));
			return newView(store, table, {
				type: "Grid",
				...given,
				hidden: ids(given.hidden),
				order: ids(given.order),
				group: keys(given.group),
				sort: keys(given.sort),
			}).id;
		},
		addRecords(tableId, records, more = {}) {
			const table = tableAt(tableId);
			return records.map((fields, index) => {
				const id = more.ids?.[index];
				return newRow(
					store,
					table,
					cells(table, fields),
					more.by ?? firstUser(),
					{
						...(id === undefined ? {} : { id }),
						...(more.atMs === undefined ? {} : { atMs: more.atMs(index) }),
					},
				).id;
			});
		},
		updateRecord(tableId, recordId, fields) {
			const table = tableAt(tableId);
			const row = table.rows.get(recordId);
			if (row === undefined) throw new Error(`no record ${recordId}`);
			for (const [id, cell] of cells(table, fields))
				writeCell(store, table, row, fieldAt(table, id), cell, firstUser());
		},
		removeRecords: (tableId, recordIds) =>
			removeRows(store, tableAt(tableId), recordIds, firstUser()),
		addAttachment({ mimeType = "text/plain", token, spaceId, ...file }) {
			const asset = newAsset(store, spaceId ?? firstSpace(), {
				...file,
				mimeType,
			});
			if (token === undefined) return asset.token;
			store.assets.set(token, { ...asset, token });
			return token;
		},
		restrictNode(nodeId, token, permission) {
			store.nodes.get(nodeId)?.access.set(userOf(token), permission);
		},
		restrictField(tableId, name, token, access) {
			const field = fieldAt(tableAt(tableId), name);
			if (access === "edit") field.access.delete(userOf(token));
			else field.access.set(userOf(token), access);
		},
	};
}

const NODE_PREFIXES: Readonly<Record<string, string>> = {
	Folder: "fod",
	Form: "fom",
	Dashboard: "dsb",
	Mirror: "mir",
	Automation: "aut",
};
