import { accessOf, checkAccess } from "./access.js";
import { type Call, type Json, optionalBoolean, optionalText } from "./call.js";
import { Refusal } from "./codes.js";
import { addField, planField } from "./fields.js";
import type { Base, Cell, Field, Row, Table, View } from "./model.js";
import { newRow } from "./rows.js";
import { changed, FIXED_LIMITS, type Store } from "./store.js";
import { newTable } from "./tables.js";
import type { Zone } from "./zone.js";

export function newBase(
	store: Store,
	given: {
		readonly name: string;
		readonly owner: string;
		readonly token?: string;
		readonly timeZone?: string;
		readonly folderToken?: string;
		readonly embedded?: boolean;
		readonly formulaType?: 1 | 2;
		readonly advanceVersion?: "v1" | "v2";
		readonly copyingUntilMs?: number;
	},
): Base {
	const base: Base = {
		token: given.token ?? store.identifiers.token(),
		name: given.name,
		revision: 1,
		isAdvanced: false,
		advancedFromMs: 0,
		zone: store.zone(given.timeZone ?? "Asia/Shanghai"),
		folderToken: given.folderToken ?? "",
		embedded: given.embedded ?? false,
		formulaType: given.formulaType ?? 1,
		advanceVersion: given.advanceVersion ?? "v1",
		owner: given.owner,
		access: new Map(),
		tables: new Map(),
		dashboards: new Map(),
		workflows: new Map(),
		blockWorkflows: new Map(),
		roles: new Map(),
		createdAtMs: store.clock.now(),
		copyingUntilMs: given.copyingUntilMs ?? 0,
		lockedUntilMs: 0,
		unsettledUntilMs: 0,
		submitted: new Map(),
		subscribers: new Set(),
	};
	store.bases.set(base.token, base);
	return base;
}

/** The table that a new base comes with: four fields and blank rows. */
export function addDefaultTable(store: Store, base: Base): Table {
	const table = newTable(store, base, { name: "数据表", primaryName: "文本" });
	for (const field of [
		{ field_name: "单选", type: 3 },
		{ field_name: "日期", type: 5 },
		{ field_name: "附件", type: 17 },
	])
		addField(store, base, table, planField(base, field));
	for (let index = 0; index < store.switches.blankRows; index++)
		newRow(store, base, table, new Map(), { by: base.owner, relaxed: false });
	return table;
}

function urlOf(store: Store, base: Base): string {
	return `${store.site}/base/${base.token}`;
}

const FORBIDDEN = /[?/\\*:[\]]/;

/** @throws Refusal 1254031 */
function checkedName(name: string, most: number): string {
	if (name.length > most || FORBIDDEN.test(name)) throw new Refusal(1254031);
	return name;
}

/** @throws Refusal 1254800 */
function checkedZone(store: Store, name: string | undefined): Zone | undefined {
	if (name === undefined || name === "") return undefined;
	try {
		return store.zone(name);
	} catch {
		throw new Refusal(1254800);
	}
}

/** @throws Refusal 1254702 missing, 1254701 no right */
function checkedFolder(call: Call, token: string): string {
	if (token === "") return token;
	if (!call.store.folders.has(token)) throw new Refusal(1254702);
	const writers = call.store.folders.get(token);
	if (writers !== undefined && !writers.has(call.caller.openId))
		throw new Refusal(1254701);
	return token;
}

export function createApp(call: Call): Json {
	const { store, body, caller } = call;
	const name = checkedName(optionalText(body, "name") ?? "", 255);
	const zone = checkedZone(store, optionalText(body, "time_zone"));
	const folderToken = checkedFolder(
		call,
		optionalText(body, "folder_token") ?? "",
	);
	const base = newBase(store, {
		name: name === "" ? "未命名多维表格" : name,
		owner: caller.openId,
		folderToken,
		...(zone === undefined ? {} : { timeZone: zone.name }),
	});
	const table = addDefaultTable(store, base);
	return {
		app: {
			app_token: base.token,
			name: base.name,
			revision: base.revision,
			folder_token: folderToken,
			url: urlOf(store, base),
			default_table_id: table.id,
			time_zone: base.zone.name,
		},
	};
}

export function getApp({ base }: Call): Json {
	return {
		app: {
			app_token: base.token,
			name: base.name,
			revision: base.revision,
			is_advanced: base.isAdvanced,
			time_zone: base.zone.name,
			formula_type: base.formulaType,
			advance_version: base.advanceVersion,
		},
	};
}

/** Not atomic: the name is changed first, then the switch may fail. */
export function updateApp(call: Call): Json {
	const { store, base, body, caller } = call;
	const name = optionalText(body, "name");
	const isAdvanced = optionalBoolean(body, "is_advanced");
	if (name !== undefined && name !== "" && name !== base.name) {
		base.name = checkedName(name, 100);
		changed(base);
	}
	if (isAdvanced !== undefined && isAdvanced !== base.isAdvanced) {
		checkAccess(store, base, caller, "full_access");
		if (base.embedded) throw new Refusal(1254301);
		base.isAdvanced = isAdvanced;
		base.advancedFromMs = store.clock.now() + store.switches.advancedStartMs;
		changed(base);
	}
	return {
		app: {
			app_token: base.token,
			name: base.name,
			is_advanced: base.isAdvanced,
			time_zone: base.zone.name,
		},
	};
}

export function copyApp(call: Call): Json {
	const { store, base: source, body, caller } = call;
	if (accessOf(store, source, caller) === undefined) throw new Refusal(91403);
	const name = checkedName(optionalText(body, "name") ?? "", 255);
	const withoutContent = optionalBoolean(body, "without_content") ?? false;
	const zone = checkedZone(store, optionalText(body, "time_zone"));
	const folderToken = checkedFolder(
		call,
		optionalText(body, "folder_token") ?? "",
	);
	let rows = 0;
	for (const table of source.tables.values()) rows += table.rows.size;
	if (!withoutContent && rows > FIXED_LIMITS.copiedRecords)
		throw new Refusal(
			1254002,
			"Only the structure of so many records can be copied.",
		);
	const base = newBase(store, {
		name: name === "" ? `${source.name} copy` : name,
		owner: caller.openId,
		folderToken,
		formulaType: source.formulaType,
		advanceVersion: source.advanceVersion,
		timeZone: (zone ?? source.zone).name,
		copyingUntilMs: store.clock.now() + store.switches.copyMs,
	});
	copyTables(store, source, base, withoutContent);
	return {
		app: {
			app_token: base.token,
			name: base.name,
			folder_token: folderToken,
			url: urlOf(store, base),
			time_zone: base.zone.name,
		},
	};
}

function copiedView(view: View): View {
	const { form, ...rest } = view;
	if (form === undefined) return rest;
	const questions = form.questions.map((question) => ({ ...question }));
	return { ...rest, form: { ...form, shared: false, questions } };
}

/** Ids are unique inside one base only, so a copy keeps them. Files belong to the new base. */
function copyTables(
	store: Store,
	source: Base,
	base: Base,
	withoutContent: boolean,
): void {
	const files = new Map<string, string>();
	const copied = (field: Field, cell: Cell): Cell => {
		if (field.type !== 17)
			return Array.isArray(cell) ? ([...cell] as Cell) : cell;
		return (cell as readonly string[]).map((token) => {
			const known = files.get(token);
			if (known !== undefined) return known;
			const media = store.media.get(token);
			const made = store.identifiers.token();
			if (media !== undefined)
				store.media.set(made, { ...media, token: made, baseToken: base.token });
			files.set(token, made);
			return made;
		});
	};
	for (const table of source.tables.values()) {
		const fields = new Map(
			[...table.fields].map(([id, field]) => {
				const options = field.options.map((option) => ({ ...option }));
				const first = new Map<string, (typeof options)[number]>();
				for (const option of options)
					if (!first.has(option.name)) first.set(option.name, option);
				return [
					id,
					{
						...field,
						options,
						optionIds: first,
						optionsById: new Map(options.map((option) => [option.id, option])),
						incoming: withoutContent
							? new Map()
							: new Map(
									[...field.incoming].map(([key, set]) => [key, new Set(set)]),
								),
						serial: withoutContent ? 1 : field.serial,
					},
				] as const;
			}),
		);
		const rows = new Map<string, Row>();
		if (!withoutContent)
			for (const row of table.rows.values()) {
				const cells = new Map<string, Cell>();
				for (const [id, cell] of row.cells) {
					const field = table.fields.get(id);
					if (field !== undefined) cells.set(id, copied(field, cell));
				}
				rows.set(row.id, { ...row, cells });
			}
		base.tables.set(table.id, {
			...table,
			fields,
			fieldIds: new Map(table.fieldIds),
			views: new Map(
				[...table.views].map(([id, view]) => [id, copiedView(view)]),
			),
			rows,
			deleted: [],
			cache: new Map(),
			cachedAt: -1,
		});
	}
	for (const dashboard of source.dashboards.values())
		base.dashboards.set(dashboard.id, dashboard);
}
