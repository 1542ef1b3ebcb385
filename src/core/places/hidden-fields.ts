import type { CallContext } from "../contract/call-context.js";
import type { Field, FieldReference } from "../contract/field.js";
import type { Table, TableRef } from "../contract/table.js";
import type { FieldRules } from "./field-rules.js";
import { keepSecret } from "./secret-names.js";

/** Types whose cells come from other cells, or may: the vendor's own kinds that are not known here among them. */
const COMPUTED: ReadonlySet<Field["type"]> = new Set([
	"formula",
	"lookup",
	"unknown",
]);

/** What finding the hidden fields of a table needs. */
export interface HiddenFieldServices {
	readonly rules: Pick<FieldRules, "isNamed">;
	/** A table that another one refers to; undefined where it does not exist for the agent. */
	linked(ref: TableRef, call: CallContext): Promise<Table | undefined>;
	readonly secrets: Set<string>;
}

/** Finds the ids of the fields of a table that rules name, and of those that show or compute from such. */
export function hiddenFields({
	rules,
	linked,
	secrets,
}: HiddenFieldServices): (
	raw: Table,
	call: CallContext,
) => Promise<ReadonlySet<string>> {
	/** Of a column whose sources are not known: it may show any field of the table, or of one that a link leads to. */
	const showsAnything = async (raw: Table, call: CallContext) => {
		if (raw.fields.some((field) => rules.isNamed(raw, field))) return true;
		for (const { settings } of raw.fields) {
			if (settings.linkTable === undefined) continue;
			const ref = { base: raw.ref.base, table: settings.linkTable };
			const other = await linked(ref, call);
			if (other === undefined) return true;
			if (other.fields.some((field) => rules.isNamed(other, field)))
				return true;
		}
		return false;
	};
	const isHidden = async (
		raw: Table,
		field: Field,
		call: CallContext,
		path: ReadonlySet<string>,
	): Promise<boolean> => {
		if (rules.isNamed(raw, field)) return true;
		if (!COMPUTED.has(field.type)) return false;
		if (field.sources === undefined) return showsAnything(raw, call);
		const key = [raw.ref.base, raw.ref.table, field.id].join("\n");
		if (path.has(key)) return false;
		const deeper = new Set([...path, key]);
		for (const source of field.sources)
			if (await readsHidden(raw, source, call, deeper)) return true;
		return false;
	};
	const readsHidden = async (
		raw: Table,
		{ table, field }: FieldReference,
		call: CallContext,
		path: ReadonlySet<string>,
	): Promise<boolean> => {
		const other =
			table === undefined || table === raw.ref.table
				? raw
				: await linked({ base: raw.ref.base, table }, call);
		if (other === undefined) return true;
		const source =
			other.byId.get(field) ?? other.fields.find(({ name }) => name === field);
		return source === undefined
			? showsAnything(other, call)
			: isHidden(other, source, call, path);
	};

	const found = new WeakMap<Table, Promise<ReadonlySet<string>>>();
	return (raw, call) => {
		const known = found.get(raw);
		if (known !== undefined) return known;
		const finding = Promise.all(
			raw.fields.map((field) => isHidden(raw, field, call, new Set())),
		).then((flags) => {
			const hidden = raw.fields.filter((_, index) => flags[index]);
			for (const field of hidden) keepSecret(secrets, field);
			return new Set(hidden.map(({ id }) => id));
		});
		found.set(raw, finding);
		finding.catch(() => found.delete(raw));
		return finding;
	};
}
