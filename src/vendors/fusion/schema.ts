import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import type { FieldSpec } from "../../core/contract/schema.js";
import type { TableRef } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { list, loose, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";
import { fieldOf } from "./fields.js";
import { newField } from "./new-fields.js";

import { at, BATCH } from "./records.js";

const FOLDER_ID = /^fod[A-Za-z0-9]+$/;

/**
 * A new name is looked for with LIKE, in which `_` stands for any character and `%` for any text (measured).
 * Source: "room-server 1.10.0".
 * @throws TablesError bad_argument where it finds another field.
 */
function refuseAlike(name: string, fields: readonly Field[]): void {
	if (!/[_%]/.test(name)) return;
	const pattern = name
		.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
		.replace(/%+/g, ".*")
		.replaceAll("_", ".");
	const alike = new RegExp(`^${pattern}$`, "su");
	const other = fields.find((field) => alike.test(field.name));
	if (other !== undefined && other.name !== name)
		throw new TablesError(
			"bad_argument",
			`"${name}" is taken for the name of "${other.name}" by this product, to which _ stands for any character and % for any text`,
			{ next: "Choose a name without _ and %, or one that no field fits." },
		);
}

/** Makes, changes and deletes tables and fields, as far as the API can. */
export function schemaMethods(
	api: Api,
	catalog: Pick<Catalog, "forget">,
): Required<Pick<Adapter, "createTable" | "createField" | "deleteField">> {
	const addField = async (
		{ base, table }: TableRef,
		spec: FieldSpec,
		fields: readonly Field[],
		context: CallContext,
	) => {
		const { id } = await api.call(
			calls.createField,
			{
				params: { space: base, table },
				base,
				table,
				json: newField(spec, fields),
			},
			context,
		);
		return text(id) ?? "";
	};
	const dropField = (
		{ base, table }: TableRef,
		id: string,
		context: CallContext,
	) =>
		api.call(
			calls.deleteField,
			{
				params: { space: base, table, field: id },
				base,
				table,
				// The other side of a two-way link stays, as text.
				json: { conversion: "keepText" },
			},
			context,
		);
	/** A formula that cannot be computed is made without a word: it is taken away again. */
	const refuseBroken = async (
		ref: TableRef,
		{ name }: FieldSpec,
		id: string,
		context: CallContext,
	) => {
		const { fields } = await api.call(calls.listFields, at(ref), context);
		const made = list(fields).find((field) => field.id === id);
		if (loose(made?.property).hasError !== true) return;
		await dropField(ref, id, context);
		throw new TablesError(
			"bad_argument",
			`"${name}": the vendor cannot compute this formula; the field was taken away again`,
			{
				next: "Correct the formula: fields as {Name}, functions of the product.",
			},
		);
	};
	return {
		async createTable(base, spec, context) {
			if (spec.folder !== undefined && !FOLDER_ID.test(spec.folder))
				throw new TablesError(
					"bad_argument",
					`\`folder\` takes the id of a folder here, not "${spec.folder}"`,
					{
						next: 'Find it with list_tables and kinds: ["folder"]; an id begins with "fod".',
					},
				);
			const { first, formulas } = inOrder(spec.fields);
			const json = {
				name: spec.name,
				...defined({
					description: spec.description,
					folderId: spec.folder,
				}),
				fields: first.map((field) => newField(field, [])),
			};
			const data = await api
				.call(
					calls.createDatasheet,
					{ params: { space: base }, base, json },
					context,
				)
				// Also after a failure: it may have been made.
				.finally(() => catalog.forget());
			const ref = { base, table: text(data.id) ?? "" };
			const finish = async () => {
				for (const formula of formulas) {
					const { fields } = await api.call(calls.listFields, at(ref), context);
					const made = list(fields).map((field, _, all) => fieldOf(field, all));
					const id = await addField(ref, formula, made, context);
					await refuseBroken(ref, formula, id, context);
				}
				await removeBlankRows(api, ref, context);
			};
			await finish().catch((error: unknown) => {
				throw error instanceof TablesError
					? new TablesError(
							error.code,
							`the datasheet ${ref.table} was made, but not finished: ${error.message}`,
							{
								next: "Look at it with describe_fields and add what is missing; it may hold blank rows.",
								cause: error,
								...defined({ vendor: error.vendor }),
							},
						)
					: error;
			});
			return ref;
		},
		async createField(table, spec, context) {
			refuseAlike(spec.name, table.fields);
			const id = await addField(table.ref, spec, table.fields, context);
			if (spec.type === "formula")
				await refuseBroken(table.ref, spec, id, context);
			return id;
		},
		async deleteField({ ref }, field, context) {
			await dropField(ref, field.id, context);
		},
	};
}

/**
 * A formula names its fields by id, which they get with the datasheet: it is added afterwards.
 * @throws TablesError bad_argument, before anything is made.
 */
function inOrder(fields: readonly FieldSpec[]): {
	readonly first: readonly FieldSpec[];
	readonly formulas: readonly FieldSpec[];
} {
	const first = fields.filter(({ type }) => type !== "formula");
	const formulas = fields.filter(({ type }) => type === "formula");
	if (fields[0]?.type === "formula")
		throw new TablesError(
			"bad_argument",
			`"${fields[0].name}" cannot be the first field: a formula is added after the datasheet is made`,
			{ next: "Put the field that names the records first." },
		);
	const named = [...first];
	for (const formula of formulas) {
		newField(
			formula,
			named.map(({ name }) => ({ id: name, name }) as Field),
		);
		named.push(formula);
	}
	return { first, formulas };
}

/** A new datasheet comes with three blank records. */
async function removeBlankRows(
	api: Api,
	ref: TableRef,
	context: CallContext,
): Promise<void> {
	const { records } = await api.call(
		calls.listRecords,
		{ ...at(ref), query: [["pageSize", String(BATCH)]] },
		context,
	);
	const ids = list(records).flatMap((record) => text(record.recordId) ?? []);
	if (ids.length === 0) return;
	await api.call(
		calls.deleteRecords,
		{ ...at(ref), query: [["recordIds", ids.join(",")]] },
		context,
	);
}
