import type { Adapter } from "../../core/contract/adapter.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field, SelectOption } from "../../core/contract/field.js";
import type { View } from "../../core/contract/table.js";
import type { ViewChange, ViewMethods } from "../../core/contract/views.js";
import { givenFilter } from "../../core/filter/filter.js";
import { defined } from "../../core/values/defined.js";
import { joinNames, splitList } from "../../core/values/list-text.js";
import { foldName } from "../../core/values/near-names.js";
import { type Definition, readViews } from "./layout.js";
import { loadTable, type Store } from "./store.js";

/** Reads views, and makes and changes them, as far as the API can. */
export function viewMethods(
	store: Store,
): Required<Pick<Adapter, "readView">> & ViewMethods {
	const { db } = store;
	return {
		async readView(table, id) {
			return needView(readViews(db, table.ref.table), id);
		},
		async createView(table, spec) {
			return db.write(() => {
				const { views } = loadTable(store, table.ref);
				if (views.some(({ name }) => name === spec.name))
					throw new TablesError(
						"bad_argument",
						`there is a view "${spec.name}" already`,
						{
							next: "Choose another name, or change that one with update_view.",
						},
					);
				const definition = changedDefinition(NOTHING_SET, spec);
				const id = insertView(
					store,
					table.ref.table,
					spec,
					JSON.stringify(definition),
				);
				return { id, name: spec.name, type: spec.type, ...definition };
			});
		},
		async updateView(table, view, change) {
			return db.write(() => {
				const current = needView(loadTable(store, table.ref).views, view.id);
				const name = change.name ?? current.name;
				const definition = changedDefinition(definitionOf(current), change);
				db.run("UPDATE views SET name = ?, definition = ? WHERE id = ?", [
					name,
					JSON.stringify(definition),
					view.id,
				]);
				return { ...current, name, ...definition } satisfies View;
			});
		},
		async deleteView(_table, view) {
			await db.write(() => {
				if (db.run("DELETE FROM views WHERE id = ?", [view.id]) === 0)
					throw new TablesError("not_found", `no view ${view.id}`);
			});
		},
	};
}

const NOTHING_SET: Definition = {
	filter: null,
	sort: null,
	hiddenFields: [],
	treeBy: null,
};

/** @throws TablesError not_found */
function needView(views: readonly View[], id: string): View {
	const found = views.find((view) => view.id === id);
	if (found === undefined) throw new TablesError("not_found", `no view ${id}`);
	return found;
}

/** Keeps a view with its definition as JSON; answers its id. */
export function insertView(
	{ db, newId }: Store,
	table: string,
	{ name, type }: Pick<View, "name" | "type">,
	definition: string,
): string {
	const id = newId("viw");
	db.run(
		"INSERT INTO views (id, table_id, name, type, definition) VALUES (?, ?, ?, ?, ?)",
		[id, table, name, type, definition],
	);
	return id;
}

function definitionOf(view: View): Definition {
	return {
		filter: view.filter ?? null,
		sort: view.sort ?? null,
		hiddenFields: view.hiddenFields ?? [],
		treeBy: view.treeBy ?? null,
	};
}

function changedDefinition(before: Definition, change: ViewChange): Definition {
	return {
		filter:
			change.filter === undefined
				? before.filter
				: change.filter && givenFilter(change.filter),
		sort: change.sort === undefined ? before.sort : change.sort,
		hiddenFields:
			change.hiddenFields === undefined
				? before.hiddenFields
				: (change.hiddenFields ?? []),
		treeBy: change.treeBy === undefined ? before.treeBy : change.treeBy,
	};
}

/** Takes a field out of every view of its table. */
export function leaveViews({ db }: Store, table: string, field: string): void {
	const keep = (id: string) => id !== field;
	for (const view of readViews(db, table)) {
		const { filter, sort, hiddenFields, treeBy } = definitionOf(view);
		const definition: Definition = {
			filter: filter === null ? null : withoutField(filter, keep),
			sort: sort?.filter((key) => keep(key.field)) ?? null,
			hiddenFields: hiddenFields.filter(keep),
			treeBy: treeBy && keep(treeBy) ? treeBy : null,
		};
		db.run("UPDATE views SET definition = ? WHERE id = ?", [
			JSON.stringify(definition),
			view.id,
		]);
	}
}

/** Options of a field that have new names are called so by the filters of views as well. */
export function renameInViews(
	{ db }: Store,
	table: string,
	{ id: field, settings: { options: before = [] } }: Field,
	after: readonly SelectOption[],
): void {
	const names = new Map(after.map(({ id, name }) => [id, name]));
	const moves = new Map(
		before.map(({ id, name }) => [name, names.get(id) ?? name] as const),
	);
	if ([...moves].every(([name, now]) => name === now)) return;
	for (const view of readViews(db, table)) {
		const { filter, ...others } = definitionOf(view);
		if (filter === null) continue;
		const definition: Definition = {
			...others,
			filter: withNames(filter, field, (value) => movedName(value, moves)),
		};
		db.run("UPDATE views SET definition = ? WHERE id = ?", [
			JSON.stringify(definition),
			view.id,
		]);
	}
}

/** A value of a condition with the new names of the options that it names, one or a list. */
function movedName<Value>(
	value: Value,
	moves: ReadonlyMap<string, string>,
): Value | string {
	if (typeof value !== "string") return value;
	const nameOf = (text: string) =>
		moves.get(text) ??
		[...moves].find(([name]) => foldName(name) === foldName(text))?.[1];
	const one = nameOf(value);
	if (one !== undefined) return one;
	const items = splitList(value)?.map(nameOf) ?? [undefined];
	return items.includes(undefined)
		? value
		: joinNames(items as string[], (text) =>
				[...moves.values()].includes(text),
			);
}

/** These look for a part of a text, and name no option. */
const LOOKS_INSIDE: ReadonlySet<string> = new Set(["search", "starts_with"]);

function withNames(
	filter: NonNullable<Definition["filter"]>,
	field: string,
	moved: <Value>(value: Value) => Value | string,
): NonNullable<Definition["filter"]> {
	const renamed = (conditions: typeof filter.conditions) =>
		conditions.map((condition) =>
			condition.field !== field || LOOKS_INSIDE.has(condition.op)
				? condition
				: {
						...condition,
						...defined({
							value:
								condition.value === undefined
									? undefined
									: moved(condition.value),
							values: condition.values?.map(moved),
						}),
					},
		);
	return {
		...filter,
		conditions: renamed(filter.conditions),
		...defined({
			groups: filter.groups?.map((group) => ({
				...group,
				conditions: renamed(group.conditions),
			})),
		}),
	};
}

/** What is left of a filter; null = nothing. */
function withoutField(
	filter: NonNullable<Definition["filter"]>,
	keep: (id: string) => boolean,
): Definition["filter"] {
	const kept = (conditions: typeof filter.conditions) =>
		conditions.filter(
			({ field, other_field }) =>
				keep(field) && (other_field === undefined || keep(other_field)),
		);
	const groups = (filter.groups ?? [])
		.map((group) => ({ ...group, conditions: kept(group.conditions) }))
		.filter((group) => group.conditions.length > 0);
	const conditions = kept(filter.conditions);
	return conditions.length + groups.length === 0
		? null
		: { ...filter, conditions, groups };
}
