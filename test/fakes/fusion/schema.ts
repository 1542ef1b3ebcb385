import {
	badInput,
	type Call,
	type Handler,
	mayRead,
	mayWrite,
	permissionAt,
	sightOf,
	tableOf,
} from "./call.js";
import type { Field, FieldType, Settings, Table } from "./model.js";
import { textParameter } from "./query.js";
import { visibleFields } from "./records.js";
import { badShape, refusals, tip } from "./refusal.js";
import {
	checkedSettings,
	settingsRows,
	shownField,
	typeNamed,
} from "./settings.js";
import { primaryField, removeNode } from "./store.js";
import {
	checkReferences,
	nameTaken,
	newField,
	newRow,
	newTable,
	removeField,
} from "./tables.js";

const NAME_LENGTH = 100;
const DESCRIPTION_LENGTH = 500;
const BLANK_ROWS = 3;

export const listFields: Handler = (call) => {
	const table = tableOf(call);
	const viewId = textParameter(call.query.viewId);
	const view = viewId ? table.views.get(viewId) : undefined;
	if (viewId && view === undefined) throw refusals.noView(viewId);
	const sight = sightOf(call, table);
	return {
		body: {
			fields: visibleFields(table, view)
				.filter((field) => mayRead(call, field))
				.map((field) =>
					shownField(field, sight, (each, tableId) =>
						mayWrite(call, each, tableId),
					),
				),
		},
	};
};

export const listViews: Handler = (call) => ({
	body: {
		views: [...tableOf(call).views.values()].map(({ id, name, type }) => ({
			id,
			name,
			...(type === undefined ? {} : { type }),
		})),
	},
});

/** The datasheet of a path that also names its space. @throws Refusal 301 */
function tableInSpace(call: Call): Table {
	const table = tableOf(call);
	if (table.spaceId !== call.at.space) throw refusals.noDatasheet();
	return table;
}

export const createField: Handler = (call) => {
	const table = tableInSpace(call);
	const { name, type: called, property } = call.body;
	if (typeof name !== "string" && name !== undefined && name !== null)
		throw badInput(call, badShape("name must be a string"));
	if (!name) throw badInput(call, tip("Invalid value for name"));
	if (name.length > NAME_LENGTH) throw nameTooLong(call);
	const type = typeNamed(called);
	if (type === undefined) throw badInput(call, tip("Invalid value for type"));
	const checked = checkedSettings(type, property, call.store, String(called));
	if ("problem" in checked) throw badInput(call, tip(checked.problem));
	if (nameTaken(table, name)) throw tip("name must be unique");
	checkReferences(call.store, table, type, checked.settings);
	if (permissionAt(call, table.id) !== 0) throw refusals.denied();
	const limit = call.store.switches.fieldsPerTable;
	if (table.fields.size >= limit) throw refusals.fieldsFull(limit);
	const field = newField(call.store, table, {
		name,
		type,
		settings: checked.settings,
	});
	return { status: 201, body: { id: field.id, name: field.name } };
};

export const deleteField: Handler = (call) => {
	const table = tableInSpace(call);
	const id = call.at.field ?? "";
	const { conversion } = call.body;
	if (
		conversion !== undefined &&
		conversion !== "delete" &&
		conversion !== "keepText"
	)
		throw badInput(call, tip("Invalid value for conversion"));
	const field = table.fields.get(id);
	if (field === undefined) throw tip(`fieldId "${id}" does not exist`);
	if (primaryField(table) === field)
		throw tip("The primary field can't be deleted");
	if (permissionAt(call, table.id) !== 0) throw refusals.denied();
	removeField(call.store, table, field, conversion);
	return { body: {} };
};

const nameTooLong = (call: Call) =>
	badInput(
		call,
		tip(`$name's length must not be greater than $${NAME_LENGTH}`),
	);

interface FieldRequest {
	readonly name: string;
	readonly type: FieldType;
	readonly settings: Settings;
}

const DEFAULT_FIELDS: readonly FieldRequest[] = [
	{ name: "Title", type: "SingleText", settings: {} },
	{ name: "Options", type: "SingleSelect", settings: { options: [] } },
	{ name: "Attachments", type: "Attachment", settings: {} },
];

function fieldRequests(call: Call): readonly FieldRequest[] {
	const given = call.body.fields;
	if (given === undefined || given === null) return DEFAULT_FIELDS;
	if (!Array.isArray(given))
		throw badInput(call, badShape("fields must be an array"));
	if (given.length === 0) return DEFAULT_FIELDS;
	const limit = call.store.switches.fieldsPerTable;
	if (given.length > limit)
		throw badInput(
			call,
			tip(`fields's length must not be greater than ${limit}`),
		);
	const made = given.map((item: unknown, index): FieldRequest => {
		const {
			name,
			type: called,
			property,
		} = (item ?? {}) as Record<string, unknown>;
		if (typeof name !== "string" || name === "" || name.length > NAME_LENGTH)
			throw badInput(call, tip(`Invalid value for fields[${index}].name`));
		const type = typeNamed(called);
		if (type === undefined)
			throw badInput(call, tip(`Invalid value for fields[${name}].type`));
		if (index === 0 && settingsRows[type].primary !== true)
			throw badInput(
				call,
				tip(`The primary field type can't be ${String(called)}`),
			);
		const checked = checkedSettings(type, property, call.store, String(called));
		if ("problem" in checked)
			throw badInput(call, tip(`Invalid value for fields[${name}].property`));
		return { name, type, settings: checked.settings };
	});
	if (new Set(made.map(({ name }) => name)).size < made.length)
		throw badInput(call, tip("field.name must be unique"));
	return made;
}

export const createTable: Handler = (call) => {
	const { store, user } = call;
	const spaceId = call.at.space ?? "";
	const { name, description, folderId, preNodeId } = call.body;
	if (typeof name !== "string")
		throw badInput(call, badShape("name must be a string"));
	if (name.length > NAME_LENGTH) throw nameTooLong(call);
	if (
		description !== undefined &&
		String(description).length > DESCRIPTION_LENGTH
	)
		throw badInput(
			call,
			tip(
				`$description's length must not be greater than $${DESCRIPTION_LENGTH}`,
			),
		);
	const requests = fieldRequests(call);
	const inSpace = (id: unknown, folder: boolean) => {
		const node = store.nodes.get(String(id));
		return node?.spaceId === spaceId && (!folder || node.id.startsWith("fod"));
	};
	if (folderId && !inSpace(folderId, true))
		throw tip("Invalid value for folderId");
	if (preNodeId && !inSpace(preNodeId, false))
		throw tip("Invalid value for preNodeId");

	const createdAt = store.clock.now();
	const table = newTable(store, {
		spaceId,
		name,
		...(folderId ? { parentId: String(folderId) } : {}),
		...(preNodeId ? { after: String(preNodeId) } : {}),
	});
	let made: Field[];
	try {
		made = requests.map((request) => {
			checkReferences(store, table, request.type, request.settings);
			return newField(store, table, request);
		});
	} catch (error) {
		removeNode(store, table.id);
		throw error;
	}
	for (let count = 0; count < BLANK_ROWS; count++)
		newRow(store, table, new Map(), user, { defaults: false });
	return {
		status: 201,
		body: {
			id: table.id,
			createdAt,
			fields: made.map((field) => ({ id: field.id, name: field.name })),
		},
	};
};
