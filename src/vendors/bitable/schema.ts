import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import { allPages } from "../../core/contract/pages.js";
import type { FieldSpec, SchemaMethods } from "../../core/contract/schema.js";
import type { TableRef } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, loose, text } from "../kit/answer.js";
import { type Api, LIST_PAGE, listPage } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";
import { PRODUCTS } from "./config.js";
import { fieldOf } from "./fields.js";
import { checkFirst, type NewFieldContext, newField } from "./new-fields.js";
import { at, BATCH } from "./records.js";

/** All fields of a table, in the order of the app. */
export async function readFields(
	api: Api,
	ref: TableRef,
	context: CallContext,
): Promise<readonly Field[]> {
	const wires = await allPages((cursor) =>
		listPage(api, calls.listFields, at(ref), context, {
			cursor,
			size: LIST_PAGE,
		}),
	);
	const names = new Map(
		wires.map((wire) => [
			text(wire.field_id) ?? "",
			text(wire.field_name) ?? "",
		]),
	);
	return wires.map((wire) => fieldOf(wire, ref.table, names));
}

/** A table that was just made: all of its rows are the vendor's blank ones. */
export async function removeBlankRows(
	api: Api,
	ref: TableRef,
	context: CallContext,
): Promise<void> {
	const { items } = await listPage(
		api,
		calls.searchRecords,
		{ ...at(ref), json: {} },
		context,
		{ cursor: undefined, size: BATCH },
	);
	const ids = items.flatMap(({ record_id }) => text(record_id) ?? []);
	if (ids.length > 0)
		await api.call(
			calls.deleteRecords,
			{ ...at(ref), json: { records: ids } },
			context,
		);
}

/** What stands already when a later step fails, in the message. */
export async function after<T>(made: string, work: Promise<T>): Promise<T> {
	return work.catch((error: unknown) => {
		if (!(error instanceof TablesError)) throw error;
		throw new TablesError(error.code, `${made}, but then: ${error.message}`, {
			...defined({ next: error.next, vendor: error.vendor }),
			cause: error,
		});
	});
}

/** Makes, changes and deletes tables and fields, as far as the API can. */
export function schemaMethods(api: Api, catalog: Catalog): SchemaMethods {
	const making = async (
		{ base, table }: TableRef,
		spec: FieldSpec,
		fields: NewFieldContext["fields"],
		context: CallContext,
	): Promise<NewFieldContext> => ({
		table,
		fields,
		formulaType:
			spec.type === "formula"
				? (await catalog.facts(base, context)).formulaType
				: 1,
		currency: PRODUCTS[api.config.product].currency,
	});

	const addField = async (
		ref: TableRef,
		spec: FieldSpec,
		fields: NewFieldContext["fields"],
		context: CallContext,
	) => {
		const { field } = await api.call(
			calls.createField,
			{
				...at(ref),
				query: [["client_token", context.idempotencyKey ?? api.uuid()]],
				json: newField(spec, await making(ref, spec, fields, context)),
			},
			context,
		);
		const id = text(loose(field).field_id) ?? "";
		api.made(id);
		return id;
	};

	return {
		async createTable(base, spec, context) {
			for (const setting of ["description", "folder"] as const)
				if (spec[setting] !== undefined)
					throw new TablesError(
						"unsupported",
						`${api.title}: a table has no ${setting} here`,
						{ next: `Leave \`${setting}\` out.` },
					);
			const [primary] = spec.fields;
			if (primary !== undefined) checkFirst(primary);
			// A formula names its fields by id, which they get with the table.
			const formulas = spec.fields.filter(
				(field, index) => field.type === "formula" && index > 0,
			);
			const plain = spec.fields.filter((field) => !formulas.includes(field));
			const bodies: Loose[] = [];
			for (const field of plain)
				bodies.push(
					newField(
						field,
						await making({ base, table: "" }, field, [], context),
					),
				);
			const data = await api.call(
				calls.createTable,
				{
					params: { base },
					base,
					json: {
						table: {
							name: spec.name,
							...(bodies.length === 0 ? {} : { fields: bodies }),
						},
					},
				},
				context,
			);
			const ref = { base, table: text(data.table_id) ?? "" };
			api.made(ref.table);
			catalog.forget(base);
			await after(
				`the table "${spec.name}" [${ref.table}] was made`,
				(async () => {
					if (formulas.length > 0) {
						const fields = await readFields(api, ref, context);
						for (const formula of formulas)
							await addField(ref, formula, fields, context);
					}
					await removeBlankRows(api, ref, context);
				})(),
			);
			return ref;
		},
		async renameTable({ ref }, name, context) {
			await api.call(
				calls.renameTable,
				{ ...at(ref), json: { name } },
				context,
			);
			catalog.forget(ref.base);
		},
		async deleteTable({ ref }, context) {
			await api.call(calls.deleteTable, at(ref), context);
			catalog.forget(ref.base);
		},
		async checkDelete({ ref, name }, field, context) {
			if (field !== undefined) return;
			const tables = await catalog.tables(ref.base, context);
			if (tables.length > 1) return;
			throw new TablesError(
				"last_one",
				`"${name}" is the only table of its base, and ${api.title} keeps one`,
				{
					next: "Nothing was sent. Make another table with create_table first, or delete the base in the app.",
				},
			);
		},
		createField: (table, spec, context) =>
			addField(table.ref, spec, table.fields, context),
		async updateField(table, field, spec, context) {
			const { params, ...rest } = at(table.ref);
			await api.call(
				calls.updateField,
				{
					...rest,
					params: { ...params, field: field.id },
					json: newField(
						spec,
						await making(table.ref, spec, table.fields, context),
						field,
					),
				},
				context,
			);
		},
		async checkUpdateField({ ref, fields }, field, spec, context) {
			if (field.primary) checkFirst(spec);
			newField(spec, await making(ref, spec, fields, context), field);
		},
		async deleteField({ ref }, field, context) {
			const { params, ...rest } = at(ref);
			await api.call(
				calls.deleteField,
				{ ...rest, params: { ...params, field: field.id } },
				context,
			);
		},
	};
}
