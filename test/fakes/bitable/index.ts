import type { Clock } from "../../../src/core/contract/clock.js";
import {
	type Fake,
	type FakeResponse,
	type FaultPlan,
	withFaults,
} from "../fake.js";
import { issueUserToken } from "./access.js";
import { addDefaultTable, newBase } from "./apps.js";
import { isJson, type Json } from "./call.js";
import { type Code, type Family, Refusal } from "./codes.js";
import { addField, planField } from "./fields.js";
import { compileViewFilter } from "./filter.js";
import { createLimits } from "./limits.js";
import { newMedia } from "./media.js";
import type {
	AccessLevel,
	App,
	Base,
	Cell,
	Chat,
	Department,
	Field,
	Person,
	Role,
	Table,
	View,
	ViewType,
} from "./model.js";
import { newEncoder, type Sight } from "./reading.js";
import { newRole } from "./roles.js";
import { ROUTES } from "./routes.js";
import { changeRow, newRow, removeRow, setCell } from "./rows.js";
import { createServer, refused } from "./server.js";
import {
	type BitableSwitches,
	changed,
	createStore,
	fieldNamed,
	type Store,
} from "./store.js";
import { newTable } from "./tables.js";
import { newView } from "./views.js";
import { addOptions, planValues } from "./writing.js";

export type { Code } from "./codes.js";
export type { BitableSwitches } from "./store.js";

export interface BitableFakeOptions {
	readonly clock: Pick<Clock, "now">;
	readonly fault?: FaultPlan;
	/** Deviations from the documented behaviour; see BitableSwitches for each default. */
	readonly switches?: Partial<BitableSwitches>;
	/** Ids follow from it. Default 1. */
	readonly seed?: number;
}

export interface SeedField {
	readonly name: string;
	/** The type number of the API. */
	readonly type: number;
	readonly uiType?: string;
	/** The property of a create call; options may carry their ids. */
	readonly property?: unknown;
	readonly id?: string;
	readonly description?: string;
	/** Type 19, which no call can make: a link of this table and a column of the other, by name. */
	readonly lookup?: { readonly link: string; readonly field: string };
}

export interface SeedRow {
	readonly recordId: string;
	readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Feishu and Lark Base in process. What stands here works without HTTP, tokens, rates and locks,
 * with the same validation of values as the API. Tables are named by id; where bases share ids (copies), by the base too.
 */
export interface BitableFake extends Fake {
	readonly store: Store;
	/** The app that always exists, with all scopes, and its secret. */
	readonly app: App;
	/** Calls answered with 99991400, altogether. */
	readonly throttled: number;
	/** The same by "METHOD path". */
	readonly throttledBy: ReadonlyMap<string, number>;
	/** Changes switches while the fake runs. */
	set(changes: Partial<BitableSwitches>): void;
	/** A token is unknown from now on. */
	revoke(token: string): void;
	/** All tokens that were handed out are unknown from now on. */
	revokeAll(): void;
	/** A tenant token of an app, without a call. */
	tenantToken(appId?: string): string;
	/** A user token, and the refresh token for it. */
	userToken(
		openId: string,
		given?: { readonly appId?: string; readonly scopes?: readonly string[] },
	): { readonly access: string; readonly refresh: string };
	/** The stored rows in order of creation, in the shape of search. */
	rows(tableId: string, baseToken?: string): SeedRow[];
	table(tableId: string, baseToken?: string): Table;
	base(baseToken: string): Base;
	addApp(given: {
		readonly id: string;
		readonly secret: string;
		readonly name?: string;
		/** Default: all that any endpoint asks for. */
		readonly scopes?: readonly string[];
		/** A marketplace app. */
		readonly ticket?: string;
		readonly tenantKey?: string;
	}): App;
	addPerson(given: {
		readonly name: string;
		readonly enName?: string;
		readonly email?: string;
		readonly mobile?: string;
		readonly openId?: string;
		readonly unionId?: string;
		readonly userId?: string;
		/** Open ids. */
		readonly departments?: readonly string[];
		readonly isBot?: boolean;
	}): Person;
	addChat(given: {
		readonly name: string;
		readonly members?: readonly string[];
		readonly id?: string;
	}): Chat;
	addDepartment(given: {
		readonly name: string;
		readonly parentId?: string;
		readonly id?: string;
		readonly openId?: string;
	}): Department;
	/** A folder of the drive; `writers` are open ids, absent: everyone. */
	addFolder(given?: {
		readonly token?: string;
		readonly writers?: readonly string[];
	}): string;
	/** A base without tables unless `withDefaultTable`; owned by the app's bot unless named. Time zone: Asia/Shanghai. */
	addBase(given: {
		readonly name: string;
		readonly token?: string;
		readonly owner?: string;
		readonly timeZone?: string;
		readonly embedded?: boolean;
		readonly formulaType?: 1 | 2;
		/** Which role API fits. Default v1. */
		readonly advanceVersion?: "v1" | "v2";
		readonly withDefaultTable?: boolean;
		readonly isAdvanced?: boolean;
	}): string;
	/** Gives a person, chat or department access. */
	share(baseToken: string, who: string, level: AccessLevel): void;
	/** A table whose first field is the index field. */
	addTable(
		baseToken: string,
		given: {
			readonly name: string;
			readonly fields: readonly SeedField[];
			readonly id?: string;
			readonly viewId?: string;
			readonly viewName?: string;
			readonly synced?: boolean;
		},
	): string;
	addField(tableId: string, field: SeedField, baseToken?: string): string;
	/** Records in write form, in any number; `{}` makes a blank row. Returns their ids. */
	addRecords(
		tableId: string,
		records: readonly Readonly<Record<string, unknown>>[],
		given?: {
			readonly baseToken?: string;
			readonly ids?: readonly string[];
			/** Open id; default the base's owner. */
			readonly by?: string | ((index: number) => string);
			readonly atMs?: (index: number) => number;
		},
	): string[];
	updateRecord(
		tableId: string,
		recordId: string,
		fields: Readonly<Record<string, unknown>>,
		given?: { readonly baseToken?: string; readonly by?: string },
	): void;
	removeRecords(
		tableId: string,
		recordIds: readonly string[],
		baseToken?: string,
	): void;
	/** A cell that no call can write: mentions in a text, a place with its parts, a stage. */
	setRaw(tableId: string, recordId: string, field: string, cell: Cell): void;
	/** A view; columns by name, options in the filter by id. */
	addView(
		tableId: string,
		given: {
			readonly name: string;
			readonly type?: ViewType;
			readonly id?: string;
			readonly level?: View["publicLevel"];
			readonly privateOwner?: string;
			readonly hidden?: readonly string[];
			readonly sort?: readonly {
				readonly field: string;
				readonly desc?: boolean;
			}[];
			readonly filter?: {
				readonly conjunction: "and" | "or";
				readonly conditions: readonly {
					readonly field: string;
					readonly operator: string;
					readonly values: readonly (string | number)[];
				}[];
			};
		},
	): string;
	addDashboard(baseToken: string, name: string, id?: string): string;
	addWorkflow(
		baseToken: string,
		given: {
			readonly title: string;
			readonly status?: "Enable" | "Disable";
			readonly id?: string;
			readonly inBlock?: boolean;
		},
	): string;
	addRole(
		baseToken: string,
		given: Pick<Role, "name"> &
			Partial<Pick<Role, "tableRoles">> & {
				/** Open ids of people and departments, and chats. */
				readonly members?: readonly string[];
			},
	): string;
	/** An uploaded file of a base; returns the token for a cell. */
	addMedia(
		baseToken: string,
		given: {
			readonly name: string;
			readonly bytes: Uint8Array;
			readonly mimeType?: string;
			readonly token?: string;
		},
	): string;
	/** A wiki node for a base; returns the node token. */
	addWikiNode(
		baseToken: string,
		given?: { readonly token?: string; readonly title?: string },
	): string;
	/** A document or sheet that holds tables of bases. */
	addDocument(
		token: string,
		holds: readonly { readonly baseToken: string; readonly tableId: string }[],
	): void;
}

const EXTRA_SCOPES = [
	"contact:user.base:readonly",
	"contact:user.email:readonly",
	"contact:user.employee_id:readonly",
];

/** Every scope that an endpoint of the fake asks for. */
export function allScopes(): string[] {
	return [
		...new Set([
			...ROUTES.flatMap((route) => route.scopes ?? []),
			...EXTRA_SCOPES,
		]),
	];
}

/** A refusal as the vendor sends it, for faults: 0 is the old family (mostly HTTP 200), 4 the newer one. */
export function failure(
	code: Code,
	given: {
		readonly family?: Family;
		readonly status?: number;
		readonly headers?: Readonly<Record<string, string>>;
	} = {},
): FakeResponse {
	const { family = 0, ...more } = given;
	const logId = "20261120120000000000000000000000";
	return refused(new Refusal(code, undefined, more), { family }, logId, {
		"X-Tt-Logid": logId,
	});
}

/** The vendor's server as a fake; see `sample.ts` for a filled one. */
export function createBitableFake(options: BitableFakeOptions): BitableFake {
	const store = createStore(
		options.clock,
		options.seed ?? 1,
		options.switches ?? {},
	);
	const limits = createLimits(store);
	const fake = withFaults(createServer(store, limits), {
		clock: options.clock,
		...(options.fault === undefined ? {} : { fault: options.fault }),
	});
	const seeding = seedingOf(store);
	const app = seeding.addApp({
		id: "cli_a1b2c3d4e5f60718",
		secret: "app-secret-of-the-fake",
		name: "Tables app",
	});
	return {
		...seeding,
		handle: fake.handle,
		log: fake.log,
		store,
		app,
		throttledBy: limits.throttled,
		get throttled() {
			return [...limits.throttled.values()].reduce(
				(sum, each) => sum + each,
				0,
			);
		},
		set: (changes) => Object.assign(store.switches, changes),
		revoke: (token) => void store.tokens.delete(token),
		revokeAll: () => store.tokens.clear(),
	};
}

type Seeding = Omit<
	BitableFake,
	| "handle"
	| "log"
	| "store"
	| "app"
	| "throttled"
	| "throttledBy"
	| "set"
	| "revoke"
	| "revokeAll"
>;

function seedingOf(store: Store): Seeding {
	const { identifiers } = store;
	const baseOf = (token: string): Base => {
		const base = store.bases.get(token);
		if (base === undefined) throw new Error(`no base ${token}`);
		return base;
	};
	const placeOf = (tableId: string, baseToken?: string): [Base, Table] => {
		for (const base of store.bases.values()) {
			const table = base.tables.get(tableId);
			if (table !== undefined && (baseToken ?? base.token) === base.token)
				return [base, table];
		}
		throw new Error(`no table ${tableId}`);
	};
	const fieldOf = (table: Table, name: string): Field => {
		const field = fieldNamed(table, name);
		if (field === undefined)
			throw new Error(`${table.name} has no field ${name}`);
		return field;
	};
	const sightOf = (base: Base, table: Table): Sight => ({
		store,
		base,
		table,
		idKind: "open_id",
		origin: "",
		showsEmail: true,
		nowMs: store.clock.now() + store.switches.replicaLagMs,
	});
	const firstBot = () => [...store.apps.values()][0]?.bot ?? "";
	const putField = (base: Base, table: Table, given: SeedField): string => {
		if (given.type === 19) return putLookup(table, given);
		const description =
			given.description === undefined
				? {}
				: { description: { text: given.description } };
		const body = {
			field_name: given.name,
			type: given.type,
			...(given.uiType === undefined ? {} : { ui_type: given.uiType }),
			...(given.property === undefined
				? {}
				: { property: withoutOptionIds(given.property) }),
			...description,
		};
		const shape = SEED_ONLY.includes(given.type)
			? {
					...planField(base, { ...body, type: 1, ui_type: "Text" }),
					type: given.type,
					uiType: given.type === 24 ? "Stage" : "Button",
				}
			: planField(base, body);
		const field = addField(
			store,
			base,
			table,
			shape,
			given.id === undefined ? {} : { id: given.id },
		);
		nameOptions(field, given.property);
		return field.id;
	};
	const putLookup = (table: Table, given: SeedField): string => {
		const { lookup } = given;
		if (lookup === undefined)
			throw new Error(`${given.name}: lookup is missing`);
		const link = fieldOf(table, lookup.link);
		const [base] = placeOf(table.id);
		const other = base.tables.get(link.linkTable ?? "");
		if (other === undefined) throw new Error(`${lookup.link} is not a link`);
		const target = fieldOf(other, lookup.field);
		const field = addField(
			store,
			base,
			table,
			{
				name: given.name,
				type: 19,
				uiType: "Lookup",
				property: null,
				options: [],
				description: undefined,
			},
			given.id === undefined ? {} : { id: given.id },
		);
		field.lookup = { linkField: link.id, targetField: target.id };
		return field.id;
	};
	const cells = (base: Base, table: Table, fields: Json) => {
		// What people do in the product is not what its API takes.
		const people: Store = {
			...store,
			switches: { ...store.switches, twoWayLinks: "written" },
		};
		const plan = planValues({ store: people, base, table, idKind: "open_id" });
		const made = plan.cells(fields);
		plan.commit();
		return made;
	};
	const rows = (tableId: string, baseToken?: string): SeedRow[] => {
		const [base, table] = placeOf(tableId, baseToken);
		const sight = sightOf(base, table);
		const list = [...table.fields.values()].map(
			(field) => [field.name, newEncoder(sight, field)] as const,
		);
		return [...table.rows.values()].map((row) => {
			const fields: Record<string, unknown> = {};
			for (const [name, encode] of list) {
				const value = encode(row);
				if (value !== undefined) fields[name] = value;
			}
			return { recordId: row.id, fields };
		});
	};
	const addPerson: Seeding["addPerson"] = (given) => {
		const openId = given.openId ?? `ou_${identifiers.hex(32)}`;
		const person: Person = {
			openId,
			unionId: given.unionId ?? `on_${identifiers.hex(32)}`,
			userId: given.userId ?? identifiers.hex(8),
			name: given.name,
			enName: given.enName ?? given.name,
			email: given.email ?? "",
			mobile: given.mobile ?? "",
			departments: given.departments ?? [],
			isBot: given.isBot ?? false,
		};
		store.people.set(openId, person);
		for (const key of [person.unionId, person.userId, person.email])
			if (key !== "") store.peopleByOther.set(key, person);
		return person;
	};
	return {
		rows,
		table: (tableId, baseToken) => placeOf(tableId, baseToken)[1],
		base: baseOf,
		tenantToken(appId = [...store.apps.keys()][0] ?? "") {
			const token = identifiers.next("t-");
			store.tokens.set(token, {
				kind: "tenant",
				appId,
				expiresAtMs: store.clock.now() + store.switches.tokenLifeMs,
			});
			return token;
		},
		userToken: (openId, given = {}) =>
			issueUserToken(store, {
				appId: given.appId ?? [...store.apps.keys()][0] ?? "",
				person: openId,
				...(given.scopes === undefined
					? {}
					: { scopes: new Set(given.scopes) }),
			}),
		addApp(given) {
			const bot = addPerson({ name: given.name ?? given.id, isBot: true });
			const app: App = {
				id: given.id,
				secret: given.secret,
				scopes: new Set(given.scopes ?? allScopes()),
				bot: bot.openId,
				tenantKey: given.tenantKey ?? identifiers.hex(16),
				ticket: given.ticket,
			};
			store.apps.set(app.id, app);
			return app;
		},
		addPerson,
		addChat({ name, members = [], id = `oc_${identifiers.hex(32)}` }) {
			const chat: Chat = { id, name, members: new Set(members) };
			store.chats.set(id, chat);
			return chat;
		},
		addDepartment(given) {
			const openId = given.openId ?? `od-${identifiers.hex(32)}`;
			const department: Department = {
				openId,
				id: given.id ?? identifiers.hex(10),
				name: given.name,
				parentId: given.parentId ?? "0",
			};
			store.departments.set(openId, department);
			return department;
		},
		addFolder({ token = identifiers.next("fldcn"), writers } = {}) {
			store.folders.set(
				token,
				writers === undefined ? undefined : new Set(writers),
			);
			return token;
		},
		addBase({ owner = firstBot(), withDefaultTable, isAdvanced, ...given }) {
			const base = newBase(store, { ...given, owner });
			base.isAdvanced = isAdvanced ?? false;
			if (withDefaultTable) addDefaultTable(store, base);
			return base.token;
		},
		share: (baseToken, who, level) =>
			void baseOf(baseToken).access.set(who, level),
		addTable(baseToken, { fields, ...given }) {
			const base = baseOf(baseToken);
			const [first, ...others] = fields;
			if (first === undefined) throw new Error(`${given.name} has no field`);
			const table = newTable(store, base, {
				...given,
				...(first.id === undefined ? {} : { primaryId: first.id }),
			});
			const blank = fieldOf(table, "Text");
			table.fields.delete(blank.id);
			table.fieldIds.delete(blank.name);
			putField(base, table, { ...first, id: table.primaryId });
			for (const field of others) putField(base, table, field);
			changed(base, table);
			return table.id;
		},
		addField(tableId, field, baseToken) {
			const [base, table] = placeOf(tableId, baseToken);
			changed(base, table);
			return putField(base, table, field);
		},
		addRecords(tableId, records, given = {}) {
			const [base, table] = placeOf(tableId, given.baseToken);
			changed(base, table);
			return records.map((fields, index) => {
				const made = new Map<string, Cell>();
				for (const [id, cell] of cells(base, table, fields))
					if (cell !== undefined) made.set(id, cell);
				const { by = base.owner, ids, atMs } = given;
				const id = ids?.[index];
				return newRow(
					store,
					base,
					table,
					made,
					{ by: typeof by === "string" ? by : by(index), relaxed: false },
					{
						...(id === undefined ? {} : { id }),
						...(atMs === undefined ? {} : { atMs: atMs(index) }),
					},
				).id;
			});
		},
		updateRecord(tableId, recordId, fields, given = {}) {
			const [base, table] = placeOf(tableId, given.baseToken);
			const row = table.rows.get(recordId);
			if (row === undefined) throw new Error(`no record ${recordId}`);
			changeRow(store, base, table, row, cells(base, table, fields), {
				by: given.by ?? base.owner,
				relaxed: false,
			});
			changed(base, table);
		},
		removeRecords(tableId, recordIds, baseToken) {
			const [base, table] = placeOf(tableId, baseToken);
			for (const id of recordIds) {
				const row = table.rows.get(id);
				if (row !== undefined)
					removeRow(store, base, table, row, {
						by: base.owner,
						relaxed: false,
					});
			}
			changed(base, table);
		},
		setRaw(tableId, recordId, name, cell) {
			const [base, table] = placeOf(tableId);
			const row = table.rows.get(recordId);
			if (row === undefined) throw new Error(`no record ${recordId}`);
			setCell(base, row, fieldOf(table, name), cell);
			changed(base, table);
		},
		addView(tableId, { hidden, sort, filter, ...given }) {
			const [base, table] = placeOf(tableId);
			const view = newView(store, table, given);
			if (hidden !== undefined)
				view.hiddenFields = hidden.map((name) => fieldOf(table, name).id);
			view.sort = (sort ?? []).map(({ field, desc = false }) => ({
				fieldId: fieldOf(table, field).id,
				desc,
			}));
			if (filter !== undefined) {
				view.filter = {
					conjunction: filter.conjunction,
					conditions: filter.conditions.map(({ field, operator, values }) => ({
						condition_id: identifiers.next("con"),
						field_id: fieldOf(table, field).id,
						operator,
						values: values.length === 0 ? null : values,
					})),
				};
				compileViewFilter(
					{ sight: sightOf(base, table), idKind: "open_id", optionsBy: "id" },
					view.filter,
				);
			}
			changed(base, table);
			return view.id;
		},
		addDashboard(baseToken, name, id = identifiers.next("blk")) {
			baseOf(baseToken).dashboards.set(id, { id, name });
			return id;
		},
		addWorkflow(baseToken, { title, status = "Enable", inBlock, ...given }) {
			const base = baseOf(baseToken);
			const id =
				given.id ??
				`7${String(Math.floor(identifiers.random() * 1e15)).padStart(18, "0")}`;
			(inBlock ? base.blockWorkflows : base.workflows).set(id, {
				id,
				title,
				status,
			});
			return id;
		},
		addRole(baseToken, { name, tableRoles = [], members = [] }) {
			const role = newRole(store, baseOf(baseToken), {
				name,
				tableRoles,
				blockRoles: [],
			});
			for (const id of members)
				role.members.set(id, {
					kind: store.chats.has(id)
						? "chat"
						: store.departments.has(id)
							? "department"
							: "user",
					id,
				});
			return role.id;
		},
		addMedia: (baseToken, { name, bytes, ...given }) =>
			newMedia(store, baseOf(baseToken).token, name, bytes, given).token,
		addWikiNode(baseToken, given = {}) {
			const base = baseOf(baseToken);
			const nodeToken = given.token ?? identifiers.token();
			store.wikiNodes.set(nodeToken, {
				nodeToken,
				objToken: base.token,
				objType: "bitable",
				title: given.title ?? base.name,
				spaceId: "7000000000000000001",
				atMs: store.clock.now(),
				owner: base.owner,
			});
			return nodeToken;
		},
		addDocument: (token, holds) =>
			void store.documents.set(
				token,
				holds.map(({ baseToken, tableId }) => ({
					token: `${baseToken}_${tableId}`,
				})),
			),
	};
}

/** A property whose options are all new. */
function withoutOptionIds(property: unknown): unknown {
	if (!isJson(property) || !Array.isArray(property.options)) return property;
	return {
		...property,
		options: property.options.map(({ id: _id, ...option }) => option),
	};
}

/** Gives the options of a fresh field the ids of its seed. */
function nameOptions(field: Field, property: unknown): void {
	if (!isJson(property) || !Array.isArray(property.options)) return;
	const ids = property.options.map((option) => option.id);
	const options = field.options.map((option, index) => ({
		...option,
		id: typeof ids[index] === "string" ? ids[index] : option.id,
	}));
	field.options = [];
	field.optionIds.clear();
	field.optionsById.clear();
	addOptions(field, options);
}

/** Stage and button fields, which only people make. */
const SEED_ONLY: readonly number[] = [24, 3001];
