import {
	baseOf,
	bodyOf,
	fieldOf,
	type Handler,
	missing,
	sheetOf,
} from "./call.js";
import {
	createField,
	type NewField,
	numbered,
	shownField,
	updateField,
} from "./fields.js";
import type { Base, Sheet } from "./model.js";
import { Refusal, refusals } from "./refusal.js";
import {
	newRow,
	newSheet,
	removeField,
	removeRows,
	type Store,
} from "./store.js";

const shownSheet = ({ id, name }: Sheet) => ({ id, name });

const refusedDeletion = (store: Store, message: string) =>
	new Refusal(
		store.switches.refusedDeletion === "forbidden.operationIllegal" ? 403 : 400,
		store.switches.refusedDeletion,
		message,
	);

export const getAllSheets: Handler = (call) => ({
	value: [...baseOf(call, "read").sheets.values()].map(shownSheet),
});

export const getSheet: Handler = (call) => shownSheet(sheetOf(call, "read"));

/** A free name, or what `duplicateSheetName` makes of a taken one. @throws Refusal 400 */
function sheetName(
	store: Store,
	base: Base,
	name: unknown,
	own?: Sheet,
): string {
	if (typeof name !== "string" || name.trim() === "")
		throw refusals.badInput("name must be a text that is not empty");
	const taken = new Set<string>();
	for (const sheet of base.sheets.values())
		if (sheet !== own) taken.add(sheet.name);
	const { duplicateSheetName } = store.switches;
	if (!taken.has(name) || duplicateSheetName === "allow") return name;
	if (duplicateSheetName === "reject")
		throw refusals.badInput(`a sheet named '${name}' exists`);
	return numbered(name, taken);
}

/** A name for a sheet that came without one. */
function inventedName(base: Base): string {
	const taken = new Set([...base.sheets.values()].map(({ name }) => name));
	return taken.has("Sheet") ? numbered("Sheet", taken) : "Sheet";
}

export const createSheet: Handler = (call) => {
	const { store } = call;
	const base = baseOf(call, "write");
	const body = bodyOf(call);
	const { fields = [] } = body;
	if (!Array.isArray(fields))
		throw refusals.badInput("fields must be an array");
	if (base.sheets.size >= store.switches.sheetsPerBase)
		throw refusals.badInput(
			`a base holds at most ${store.switches.sheetsPerBase} sheets`,
		);
	const name =
		body.name === undefined || body.name === null
			? inventedName(base)
			: sheetName(store, base, body.name);
	const sheet = newSheet(store, base, name);
	try {
		for (const field of fields)
			createField(store, sheet, (field ?? {}) as NewField);
	} catch (error) {
		dropSheet(base, sheet);
		throw error;
	}
	if (fields.length === 0 && store.switches.defaultPrimary)
		createField(store, sheet, { name: "Title", type: "text" });
	for (let row = 0; row < store.switches.newSheetRows; row++)
		newRow(store, sheet, call.operator);
	return shownSheet(sheet);
};

/** Takes a sheet out, with the other sides of its two-way links. */
function dropSheet(base: Base, sheet: Sheet): void {
	for (const field of [...sheet.fields.values()])
		if (field.type === "bidirectionalLink") removeField(sheet, field);
	base.sheets.delete(sheet.id);
}

export const updateSheet: Handler = (call) => {
	const sheet = sheetOf(call, "write");
	const { name } = bodyOf(call);
	if (name === undefined) throw missing(call.store, "name");
	sheet.name = sheetName(call.store, sheet.base, name, sheet);
	return shownSheet(sheet);
};

export const deleteSheet: Handler = (call) => {
	const sheet = sheetOf(call, "write");
	if (sheet.base.sheets.size === 1)
		throw refusedDeletion(call.store, "the last sheet cannot be deleted");
	dropSheet(sheet.base, sheet);
	return { success: true };
};

export const getAllFields: Handler = (call) => ({
	value: [...sheetOf(call, "read").fields.values()].map((field) =>
		shownField(call.store, field),
	),
});

export const createFieldOfSheet: Handler = (call) => {
	const sheet = sheetOf(call, "write");
	const field = createField(call.store, sheet, bodyOf(call));
	return shownField(call.store, field) as Record<string, unknown>;
};

export const updateFieldOfSheet: Handler = (call) => {
	const sheet = sheetOf(call, "write");
	const field = fieldOf(call, sheet);
	updateField(call.store, sheet, field, bodyOf(call));
	return { id: field.id };
};

export const deleteField: Handler = (call) => {
	const sheet = sheetOf(call, "write");
	const field = fieldOf(call, sheet);
	if (sheet.fields.keys().next().value === field.id)
		throw refusedDeletion(call.store, "the primary field cannot be deleted");
	removeField(sheet, field);
	return { success: true };
};

export const truncateRecords: Handler = (call) => {
	const sheet = sheetOf(call, "write");
	removeRows(call.store, sheet, [...sheet.rows.keys()]);
	return { success: true };
};
