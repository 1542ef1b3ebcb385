import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field, SelectOption } from "../../core/contract/field.js";

import type { FieldSpec } from "../../core/contract/schema.js";
import type { Table, TableRef } from "../../core/contract/table.js";

import { defined } from "../../core/values/defined.js";
import { type Loose, list, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import { fieldOf } from "./fields.js";
import { newField, refuse } from "./new-fields.js";
import { PAGE, sheetOf } from "./records.js";

type Methods =
	| "createTable"
	| "renameTable"
	| "deleteTable"
	| "createField"
	| "updateField"
	| "checkUpdateField"
	| "checkDelete"
	| "deleteField"
	| "addOptions";

/** All fields of a table, in the order of the app. */
export async function readFields(
	api: Api,
	ref: TableRef,
	context: CallContext,
): Promise<readonly Field[]> {
	const { value } = await api.call(calls.listFields, sheetOf(ref), context);
	return list(value).map(fieldOf);
}

/** Makes, changes and deletes tables and fields, as far as the API can. */
export function schemaMethods(api: Api): Required<Pick<Adapter, Methods>> {
	const change = (
		{ ref }: Pick<Table, "ref">,
		field: string,
		json: Loose,
		context: CallContext,
	) =>
		api.call(
			calls.updateField,
			{ ...sheetOf(ref), params: { ...ref, field }, json },
			context,
		);

	/** The answer to an update says nothing of the options: they are read again. */
	const changeOptions = async (
		table: Pick<Table, "ref">,
		field: Field,
		name: string,
		wanted: readonly SelectOption[],
		context: CallContext,
	): Promise<readonly SelectOption[]> => {
		const before = field.settings.options ?? [];
		const nameless = before.filter(({ id }) => id === "");
		if (nameless.length > 0)
			throw new TablesError(
				"unsupported",
				`${api.title} does not show the ids of the options of "${field.name}": sending the options again could empty cells`,
				{
					next: "Change the options in DingTalk: the arrow beside the column's name, Edit field.",
				},
			);
		await change(
			table,
			field.id,
			{
				name,
				// Whole, with the ids of those that stay: the vendor may take the list for all there is.
				property: {
					choices: wanted.map((option) => ({
						...(option.id === "" ? {} : { id: option.id }),
						name: option.name,
					})),
				},
			},
			context,
		);
		const now =
			(await readFields(api, table.ref, context)).find(
				({ id }) => id === field.id,
			)?.settings.options ?? [];
		const lost = wanted.filter(
			(option) => !now.some((other) => other.name === option.name),
		);
		const left = now.filter(
			(option) => !wanted.some((other) => other.name === option.name),
		);
		if (lost.length + left.length > 0)
			throw new TablesError(
				"broken",
				`${api.title} answered success, and "${name}" has ${now.map((option) => `"${option.name}"`).join(", ") || "no options"} now${
					left.length === 0
						? ""
						: `: ${left.map((option) => `"${option.name}"`).join(", ")} should be gone`
				}${lost.length === 0 ? "" : `; missing: ${lost.map((option) => `"${option.name}"`).join(", ")}`}`,
				{
					next: "Put it right in DingTalk: the arrow beside the column's name, Edit field.",
				},
			);
		return now;
	};

	return {
		async createTable(base, spec, context) {
			refuse(
				spec.name,
				{ description: spec.description, folder: spec.folder },
				"a sheet",
			);
			const { id } = await api.call(
				calls.createSheet,
				{
					params: { base },
					base,
					json: { name: spec.name, fields: spec.fields.map(newField) },
				},
				context,
			);
			const ref = { base, table: text(id) ?? "" };
			await removeRows(api, ref, context);
			for (const field of spec.fields)
				if (field.settings.reverseName !== undefined)
					await nameReverse(
						api,
						ref,
						(await readFields(api, ref, context)).find(
							({ name }) => name === field.name,
						),
						field.settings.reverseName,
						context,
					);
			return ref;
		},
		async renameTable({ ref }, name, context) {
			await api.call(
				calls.updateSheet,
				{ ...sheetOf(ref), json: { name } },
				context,
			);
		},
		async checkUpdateField(_table, field, spec) {
			checkChange(api, field, spec);
		},
		async checkDelete(table, field, context) {
			if (field === undefined) await checkNotLast(api, table, context);
		},
		async deleteTable(table, context) {
			const { ref } = table;
			await checkNotLast(api, table, context);
			await api.call(calls.deleteSheet, sheetOf(ref), context);
		},
		async createField(table, spec, context) {
			const made = await api.call(
				calls.createField,
				{ ...sheetOf(table.ref), json: newField(spec) },
				context,
			);
			const id = text(made.id) ?? "";
			if (spec.settings.reverseName !== undefined)
				await nameReverse(
					api,
					table.ref,
					(await readFields(api, table.ref, context)).find(
						(field) => field.id === id,
					),
					spec.settings.reverseName,
					context,
				);
			return id;
		},
		async updateField(table, field, spec, context) {
			checkChange(api, field, spec);
			const { options = [], reverseName, ...settings } = spec.settings;
			const { options: before = [], ...former } = field.settings;
			if (JSON.stringify(options) !== JSON.stringify(before)) {
				await changeOptions(table, field, spec.name, options, context);
				return;
			}
			const same = JSON.stringify(settings) === JSON.stringify(former);
			if (!same || spec.name !== field.name) {
				const { property } = same ? {} : newField(spec);
				await change(
					table,
					field.id,
					{ name: spec.name, ...defined({ property }) },
					context,
				);
			}
			if (reverseName !== undefined)
				await nameReverse(api, table.ref, field, reverseName, context);
		},
		async deleteField({ ref }, field, context) {
			if (field.primary)
				throw new TablesError(
					"bad_argument",
					`"${field.name}" is the first column, which names the records and cannot be deleted`,
					{ next: "Rename it with update_field, or delete the table." },
				);
			await api.call(
				calls.deleteField,
				{ ...sheetOf(ref), params: { ...ref, field: field.id } },
				context,
			);
		},
		async addOptions(table, { id }, names, context) {
			const field = (await readFields(api, table.ref, context)).find(
				(candidate) => candidate.id === id,
			);
			if (field === undefined)
				throw new TablesError("not_found", `there is no field ${id} any more`);
			const before = field.settings.options ?? [];
			const fresh = names.filter(
				(name) => !before.some((option) => option.name === name),
			);
			// Without the ids of those there are the list cannot be sent whole: the write itself must make them.
			return fresh.length === 0 || before.some((option) => option.id === "")
				? before
				: changeOptions(
						table,
						field,
						field.name,
						[...before, ...fresh.map((name) => ({ id: "", name }))],
						context,
					);
		},
	};
}

/** @throws TablesError last_one */
async function checkNotLast(
	api: Api,
	{ ref, name }: Table,
	context: CallContext,
): Promise<void> {
	const { value } = await api.call(
		calls.listSheets,
		{ params: { base: ref.base }, base: ref.base },
		context,
	);
	if (list(value).length <= 1)
		throw new TablesError(
			"last_one",
			`"${name}" is the only sheet of its base, and a base has at least one`,
			{
				next: "Make another with create_table first, or delete the base in DingTalk.",
			},
		);
}

/** @throws TablesError unsupported for what this API cannot change of a field. */
function checkChange(api: Api, field: Field, spec: FieldSpec): void {
	if (spec.type !== field.type)
		throw new TablesError(
			"unsupported",
			`${api.title} cannot change a field's type: "${field.name}" stays ${field.type}`,
			{
				next: `Make a new field of type ${spec.type} with create_field, write the values over with update_records, and delete the old one; or change it in DingTalk: the arrow beside the column's name, Edit field.`,
			},
		);
	refuse(field.name, {
		description:
			spec.description === field.description ? undefined : spec.description,
	});
	const { options: _options, reverseName: _name, ...settings } = spec.settings;
	const { options: _before, ...former } = field.settings;
	if (JSON.stringify(settings) !== JSON.stringify(former)) newField(spec);
}

/** A new sheet may come with blank rows; how many is not documented. */
async function removeRows(
	api: Api,
	ref: TableRef,
	context: CallContext,
): Promise<void> {
	const { records } = await api.call(
		calls.listRecords,
		{ ...sheetOf(ref), json: { maxResults: PAGE } },
		context,
	);
	const recordIds = list(records).flatMap(({ id }) => text(id) ?? []);
	if (recordIds.length > 0)
		await api.call(
			calls.deleteRecords,
			{ ...sheetOf(ref), json: { recordIds } },
			context,
		);
}

/** The vendor names the other side of a two-way link itself. */
async function nameReverse(
	api: Api,
	{ base }: TableRef,
	field: Field | undefined,
	name: string,
	context: CallContext,
): Promise<void> {
	const { linkTable, reverseField } = field?.settings ?? {};
	if (linkTable === undefined || reverseField === undefined)
		throw new TablesError(
			"broken",
			`the field was made, and ${api.title} reports no field on the other side that could be named "${name}"`,
			{ next: "Look at the linked table with describe_fields." },
		);
	const ref = { base, table: linkTable };
	await api.call(
		calls.updateField,
		{
			...sheetOf(ref),
			params: { ...ref, field: reverseField },
			json: { name },
		},
		context,
	);
}
