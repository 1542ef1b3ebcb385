import type { CallContext } from "./call-context.js";
import type { Field, FieldSettings, FieldType } from "./field.js";
import type { Table, TableRef } from "./table.js";

export interface FieldSpec {
	readonly name: string;
	readonly type: FieldType;
	readonly description?: string;
	/** Options of a new field have no id: `id` is "". */
	readonly settings: FieldSettings;
}

export interface SchemaMethods {
	/** Answers an empty table: rows that the vendor adds are removed. */
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
	renameTable(table: Table, name: string, context: CallContext): Promise<void>;
	deleteTable(table: Table, context: CallContext): Promise<void>;
	createField(
		table: Table,
		spec: FieldSpec,
		context: CallContext,
	): Promise<string>;
	/** `spec` is complete: what the agent did not name has been filled in from the field as it is. */
	updateField(
		table: Table,
		field: Field,
		spec: FieldSpec,
		context: CallContext,
	): Promise<void>;
	deleteField(table: Table, field: Field, context: CallContext): Promise<void>;
}
