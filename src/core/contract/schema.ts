import type { CallContext } from "./call-context.js";
import type { Field, FieldSettings, FieldType } from "./field.js";
import type { Table, TableRef } from "./table.js";

/** In place of the id of a linked table: the table that the field is made with. The core makes such a field once the table is there. */
export const ITSELF = "(itself)";

/** A field as it is to be. Checked by the tool: the type exists, the settings go with it. */
export interface FieldSpec {
	/** As given; the vendor may refuse it, or one that another field has. */
	readonly name: string;
	/** One whose codec the adapter has; else the adapter refuses with the codec's reason. */
	readonly type: FieldType;
	/** Text for people beside the field's name. Absent: none. */
	readonly description?: string;
	/** What belongs to the type. An option of a new field has no id yet: `id` is "". */
	readonly settings: FieldSettings;
}

/** What a deletion does beyond what it names. */
export interface DeletedLinks {
	/** The field on the other side of a two-way link that is deleted: it goes as well, or stays and holds text. */
	readonly otherSide: "goes" | "text";
	/** One-way links of other tables to a table that is deleted: their fields go as well, or stay without its records. */
	readonly incoming: "go" | "emptied";
}

/** Tables and fields made, changed and deleted. The core forgets what it knew of the table afterwards. */
export interface SchemaMethods {
	/**
	 * A new table; the first field is the primary one. It is handed over empty: rows that the vendor adds are removed.
	 * `folder` is an id of the vendor.
	 * @throws TablesError unsupported for a folder, a type or a setting that the vendor does not have, bad_argument for
	 * a name that is taken; else as any write.
	 */
	createTable(
		base: string,
		spec: {
			readonly name: string;
			readonly description?: string;
			readonly folder?: string;
			readonly fields: readonly FieldSpec[];
		},
		context: CallContext,
	): Promise<TableRef>;
	/**
	 * Fields, views and ids stay.
	 * @throws TablesError bad_argument for a name that is taken; else as any write.
	 */
	renameTable(table: Table, name: string, context: CallContext): Promise<void>;
	/**
	 * With all its records; a person has agreed.
	 * @throws TablesError last_one for the only table of a base, where the vendor keeps one; else as any write.
	 */
	deleteTable(table: Table, context: CallContext): Promise<void>;
	/**
	 * Adds a field behind the others; answers its id. Of a two-way link the other side is made as well.
	 * @throws TablesError unsupported for a type or a setting that the vendor does not have, bad_argument for a name that
	 * is taken, limit_reached for one field too many; else as any write.
	 */
	createField(
		table: Table,
		spec: FieldSpec,
		context: CallContext,
	): Promise<string>;
	/**
	 * Makes the field what `spec` says. `spec` is complete: what the agent did not name has been filled in from the field
	 * as it is, and options that stay have their ids.
	 * @throws TablesError unsupported for a change of type or setting that the vendor cannot make; else as any write.
	 */
	updateField(
		table: Table,
		field: Field,
		spec: FieldSpec,
		context: CallContext,
	): Promise<void>;
	/**
	 * Sends nothing, and throws what `updateField` would throw of its own accord, before a person is asked about it.
	 * Absent: only the vendor can tell.
	 * @throws TablesError unsupported, bad_value or bad_argument, as `updateField`; else as any read.
	 */
	checkUpdateField?(
		table: Table,
		field: Field,
		spec: FieldSpec,
		context: CallContext,
	): Promise<void>;
	/**
	 * The same for `deleteField`, and without a field for `deleteTable`. Absent: only the vendor can tell.
	 * @throws TablesError bad_argument, last_one or not_allowed, as these; else as any read.
	 */
	checkDelete?(
		table: Table,
		field: Field | undefined,
		context: CallContext,
	): Promise<void>;
	/**
	 * With its cells; a person has agreed.
	 * @throws TablesError bad_argument for the primary field; else as any write.
	 */
	deleteField(table: Table, field: Field, context: CallContext): Promise<void>;
}
