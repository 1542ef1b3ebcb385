import type { Clock } from "../../../src/core/contract/clock.js";
import { type Fake, type FaultPlan, withFaults } from "../fake.js";
import { newResource } from "./attachments.js";
import { newNode, newWorkspace } from "./documents.js";
import { createField, type NewField } from "./fields.js";
import { createLimits } from "./limits.js";
import type {
	Access,
	AttachmentItem,
	Base,
	DocumentNode,
	Field,
	Row,
	Sheet,
	User,
	Workflow,
	Workspace,
} from "./model.js";
import { createServer } from "./server.js";
import {
	createStore,
	newBase,
	newRow,
	newSheet,
	orderedRows,
	ROOT_DEPARTMENT,
	removeField,
	removeRows,
	resolved,
	type Store,
	setCell,
} from "./store.js";
import type { DingtalkSwitches } from "./switches.js";
import { issueToken, issueUserToken, type Scope } from "./tokens.js";
import { pending, settled, shownFields } from "./values.js";

export { faultAt, faults } from "./faults.js";
export type { DingtalkSwitches } from "./switches.js";
export type { Scope } from "./tokens.js";

export interface DingtalkFakeOptions {
	readonly clock: Pick<Clock, "now">;
	readonly fault?: FaultPlan;
	/** Deviations from the documented behaviour; see DingtalkSwitches for each default. */
	readonly switches?: Partial<DingtalkSwitches>;
	/** Ids follow from it. Default 1. */
	readonly seed?: number;
	/** Default `dingfakeappkey` and `fake-app-secret`. */
	readonly app?: { readonly key: string; readonly secret: string };
}

export interface SeedField extends NewField {
	readonly name: string;
	/** A type of the API, or any other word for a type that no document names. */
	readonly type: string;
	readonly property?: unknown;
	readonly id?: string;
}

export interface SeedRow {
	readonly id: string;
	readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * DingTalk's new host, its legacy host and its file storage in process.
 * Everything under `add…` works without HTTP, limits and permissions, with the same validation of values as the API.
 * Sheets are named by base and sheet id or name: their ids are unique within a base only.
 */
export interface DingtalkFake extends Fake {
	readonly app: { readonly key: string; readonly secret: string };
	/** The unionId of the owner: manages every base that is made without `access`. */
	readonly operatorId: string;
	/** The workspace that always exists. */
	readonly workspaceId: string;
	readonly corpId: string;
	readonly store: Store;
	/** Calls refused by rate, altogether. */
	readonly throttled: number;
	/** The same by API; `address` are those of a blocked address. */
	readonly throttledBy: ReadonlyMap<string, number>;
	/** Calls of this month that count for the quota. */
	readonly monthlyCalls: number;
	/** Changes switches while the fake runs. */
	set(changes: Partial<DingtalkSwitches>): void;
	/** The app's token, as the token call gives it. */
	token(): string;
	/** The token of a person, as a login gives it. */
	userToken(unionId: string): string;
	/** A silent-login code, good once within 5 minutes. */
	loginCode(unionId: string): string;
	/** Ends one token, or all. */
	revoke(token?: string): void;
	/** Takes scopes from the app, or gives them back. */
	withhold(...scopes: Scope[]): void;
	grant(...scopes: Scope[]): void;
	/** The stored rows in row order, as the API shows them. */
	rows(baseId: string, sheet: string): SeedRow[];
	sheets(baseId: string): readonly Sheet[];
	fields(baseId: string, sheet: string): readonly Field[];
	addUser(given: {
		name: string;
		unionId?: string;
		userId?: string;
		email?: string;
		mobile?: string;
		departmentIds?: readonly number[];
		isAdmin?: boolean;
	}): User;
	/** Default parent: the root department (1). */
	addDepartment(given: {
		name: string;
		id?: number;
		parentId?: number;
	}): number;
	addWorkspace(name: string): Workspace;
	/** A folder, or a text document with `extension` `adoc`. */
	addNode(given: {
		name: string;
		parentId?: string;
		extension?: string;
		id?: string;
	}): DocumentNode;
	/** A base without sheets. Access by unionId; default: the owner manages it, nobody else sees it. */
	addBase(given: {
		name: string;
		id?: string;
		parentId?: string;
		access?: Readonly<Record<string, Access>>;
		everyone?: Access;
	}): string;
	/** Makes a base broken, initializing or its lists not ready. */
	setBase(
		baseId: string,
		state: {
			broken?: boolean;
			initializingMs?: number;
			listNotReadyMs?: number;
		},
	): void;
	setAccess(baseId: string, unionId: string, access: Access | undefined): void;
	addSheet(
		baseId: string,
		given: { name: string; fields: readonly SeedField[]; id?: string },
	): string;
	addField(baseId: string, sheet: string, field: SeedField): string;
	removeField(baseId: string, sheet: string, field: string): void;
	/** Records by column name, in any number; `{}` makes a blank row. Returns their ids. */
	addRecords(
		baseId: string,
		sheet: string,
		records: readonly Readonly<Record<string, unknown>>[],
		options?: {
			ids?: readonly string[];
			by?: string;
			/** When each record was created; default now. */
			atMs?: (index: number) => number;
		},
	): string[];
	updateRecord(
		baseId: string,
		sheet: string,
		recordId: string,
		fields: Readonly<Record<string, unknown>>,
	): void;
	removeRecords(
		baseId: string,
		sheet: string,
		recordIds: readonly string[],
	): void;
	/** An uploaded file; the item is what a cell takes. */
	addAttachment(
		baseId: string,
		given: { name: string; bytes: Uint8Array; mediaType?: string },
	): {
		filename: string;
		size: number;
		type: string;
		url: string;
		resourceId: string;
	};
	/** Puts an online document into a cell: its link does not expire. */
	attachDocument(
		baseId: string,
		sheet: string,
		recordId: string,
		field: string,
		given: { name: string; url: string },
	): void;
	addWorkflow(
		baseId: string,
		given: { name: string; description?: string; isEnabled?: boolean },
	): Workflow;
}

/** The vendor's server as a fake; see `sample.ts` for a filled one. */
export function createDingtalkFake(options: DingtalkFakeOptions): DingtalkFake {
	const store = createStore(
		// Times on the wire are whole milliseconds.
		{ now: () => Math.floor(options.clock.now()) },
		options.seed ?? 1,
		options.switches ?? {},
	);
	const app = options.app ?? {
		key: "dingfakeappkey",
		secret: "fake-app-secret",
	};
	store.apps.set(app.key, app.secret);
	const limits = createLimits(store);
	const fake = withFaults(createServer(store, limits), {
		clock: options.clock,
		...(options.fault === undefined ? {} : { fault: options.fault }),
	});
	const owner = addUser(store, { name: "Owner", isAdmin: true });
	const workspace = newWorkspace(store, {
		name: "Workspace",
		creatorId: owner.unionId,
	});
	return {
		...seedingOf(store, owner.unionId, workspace),
		handle: fake.handle,
		log: fake.log,
		app,
		operatorId: owner.unionId,
		workspaceId: workspace.id,
		corpId: store.corpId,
		store,
		throttledBy: limits.throttled,
		get throttled() {
			let sum = 0;
			for (const count of limits.throttled.values()) sum += count;
			return sum;
		},
		get monthlyCalls() {
			return limits.monthlyCalls();
		},
		set: (changes) => void Object.assign(store.switches, changes),
		token: () => issueToken(store, app.key).text,
		userToken: (unionId) => issueUserToken(store, app.key, unionId).text,
		loginCode(unionId) {
			const code = store.identifiers.hex(32);
			const expiresAtMs = store.clock.now() + 300_000;
			store.loginCodes.set(code, { unionId, expiresAtMs });
			return code;
		},
		revoke(token) {
			if (token === undefined) store.tokens.clear();
			else store.tokens.delete(token);
		},
		withhold(...scopes) {
			for (const scope of scopes) store.withheld.add(scope);
		},
		grant(...scopes) {
			for (const scope of scopes) store.withheld.delete(scope);
		},
	};
}

type Seeding = Omit<
	DingtalkFake,
	| "handle"
	| "log"
	| "app"
	| "operatorId"
	| "workspaceId"
	| "corpId"
	| "store"
	| "throttled"
	| "throttledBy"
	| "monthlyCalls"
	| "set"
	| "token"
	| "userToken"
	| "loginCode"
	| "revoke"
	| "withhold"
	| "grant"
>;

function addUser(
	store: Store,
	given: Parameters<DingtalkFake["addUser"]>[0],
): User {
	const user: User = {
		unionId: given.unionId ?? store.identifiers.next(28),
		userId: given.userId ?? String(1_000_000_000 + store.users.size),
		name: given.name,
		departmentIds: given.departmentIds ?? [ROOT_DEPARTMENT],
		isAdmin: given.isAdmin ?? false,
		...(given.email === undefined ? {} : { email: given.email }),
		...(given.mobile === undefined ? {} : { mobile: given.mobile }),
	};
	store.users.set(user.unionId, user);
	store.userIds.set(user.userId, user.unionId);
	return user;
}

function found<Thing>(thing: Thing | undefined, name: string): Thing {
	if (thing === undefined) throw new Error(`the fake has no ${name}`);
	return thing;
}

function seedingOf(store: Store, owner: string, workspace: Workspace): Seeding {
	const { identifiers } = store;
	const origin = "http://fake.invalid";
	const baseAt = (id: string): Base => found(store.bases.get(id), `base ${id}`);
	const sheetAt = (baseId: string, sheet: string): Sheet =>
		found(resolved(store, baseAt(baseId).sheets, sheet), `sheet ${sheet}`);
	const fieldAt = (sheet: Sheet, name: string): Field =>
		found(resolved(store, sheet.fields, name), `field ${name}`);
	const rowAt = (sheet: Sheet, id: string): Row =>
		found(sheet.rows.get(id), `record ${id}`);
	const write = (
		sheet: Sheet,
		row: Row,
		fields: Readonly<Record<string, unknown>>,
	) => {
		for (const [name, value] of Object.entries(fields)) {
			const field = fieldAt(sheet, name);
			const context = { store, sheet, field, origin };
			const change = pending(value, context, true);
			if (change.action === "keep") continue;
			setCell(
				store,
				sheet,
				row,
				field,
				change.action === "store" ? settled(change, context) : null,
			);
		}
	};
	const addField = (sheet: Sheet, { id, ...field }: SeedField) =>
		createField(store, sheet, field, {
			isSeed: true,
			...(id === undefined ? {} : { id }),
		}).id;
	const parentOf = (parentId: string | undefined) => ({
		workspaceId: workspace.id,
		parentId: parentId ?? workspace.rootNodeId,
		creatorId: owner,
	});
	return {
		rows(baseId, name) {
			const sheet = sheetAt(baseId, name);
			const fields = [...sheet.fields.values()];
			return Array.from(orderedRows(sheet), (row) => ({
				id: row.id,
				fields: shownFields(row, fields, store, sheet, origin),
			}));
		},
		sheets: (baseId) => [...baseAt(baseId).sheets.values()],
		fields: (baseId, sheet) => [...sheetAt(baseId, sheet).fields.values()],
		addUser: (given) => addUser(store, given),
		addDepartment({ name, id = 100 + store.departments.size, parentId }) {
			store.departments.set(id, {
				id,
				name,
				parentId: parentId ?? ROOT_DEPARTMENT,
			});
			return id;
		},
		addWorkspace: (name) => newWorkspace(store, { name, creatorId: owner }),
		addNode: ({ name, parentId, extension, id }) =>
			newNode(store, {
				name,
				...parentOf(parentId),
				type: extension === undefined ? "FOLDER" : "FILE",
				...(extension === undefined ? {} : { extension }),
				...(id === undefined ? {} : { id }),
			}),
		addBase({ name, id = identifiers.next(32), parentId, access, everyone }) {
			newNode(store, {
				id,
				name,
				type: "FILE",
				extension: "able",
				...parentOf(parentId),
			});
			const base = newBase(store, { id, name });
			for (const [unionId, each] of Object.entries(
				access ?? { [owner]: "manage" as const },
			))
				base.members.set(unionId, each);
			base.everyone = everyone;
			return id;
		},
		setBase(baseId, { broken, initializingMs, listNotReadyMs }) {
			const base = baseAt(baseId);
			const now = store.clock.now();
			if (broken !== undefined) base.broken = broken;
			if (initializingMs !== undefined)
				base.initializedAtMs = now + initializingMs;
			if (listNotReadyMs !== undefined)
				base.listReadyAtMs = now + listNotReadyMs;
		},
		setAccess(baseId, unionId, access) {
			const { members } = baseAt(baseId);
			if (access === undefined) members.delete(unionId);
			else members.set(unionId, access);
		},
		addSheet(baseId, { name, fields, id }) {
			const sheet = newSheet(store, baseAt(baseId), name, id);
			for (const field of fields) addField(sheet, field);
			return sheet.id;
		},
		addField: (baseId, sheet, field) => addField(sheetAt(baseId, sheet), field),
		removeField(baseId, name, field) {
			const sheet = sheetAt(baseId, name);
			removeField(sheet, fieldAt(sheet, field));
		},
		addRecords(baseId, name, records, more = {}) {
			const sheet = sheetAt(baseId, name);
			return records.map((fields, index) => {
				const row = newRow(
					store,
					sheet,
					more.by ?? owner,
					more.ids?.[index],
					more.atMs?.(index),
				);
				write(sheet, row, fields);
				return row.id;
			});
		},
		updateRecord(baseId, name, recordId, fields) {
			const sheet = sheetAt(baseId, name);
			const row = rowAt(sheet, recordId);
			write(sheet, row, fields);
			row.modifiedMs = store.clock.now();
		},
		removeRecords: (baseId, sheet, recordIds) =>
			removeRows(store, sheetAt(baseId, sheet), recordIds),
		addAttachment(baseId, { name, bytes, mediaType = "text/plain" }) {
			const resource = newResource(store, {
				docId: baseAt(baseId).id,
				name,
				mediaType,
				size: bytes.length,
			});
			resource.bytes = bytes;
			return {
				filename: name,
				size: bytes.length,
				type: mediaType,
				url: resource.url,
				resourceId: resource.id,
			};
		},
		attachDocument(baseId, name, recordId, fieldName, given) {
			const sheet = sheetAt(baseId, name);
			const field = fieldAt(sheet, fieldName);
			const row = rowAt(sheet, recordId);
			const items = (row.cells.get(field.id) ?? []) as AttachmentItem[];
			const item = {
				filename: given.name,
				size: 0,
				type: "adoc",
				url: given.url,
			};
			setCell(store, sheet, row, field, [...items, item]);
		},
		addWorkflow(baseId, { name, description = "", isEnabled = true }) {
			const workflow: Workflow = {
				flowId: identifiers.next(16),
				versionId: identifiers.next(16),
				name,
				description,
				status: isEnabled ? "ENABLED" : "DISABLED",
			};
			baseAt(baseId).workflows.set(workflow.flowId, workflow);
			return workflow;
		},
	};
}
