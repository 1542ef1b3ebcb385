import type { CallContext } from "./call-context.js";
import type { Table } from "./table.js";

export interface FormInfo {
	readonly id: string;
	readonly name: string;
	readonly description?: string;
	readonly shared?: boolean;
	readonly url?: string;
	readonly shareWith?: "invited" | "organization" | "anyone";
	readonly submitOnce?: boolean;
	readonly questions: readonly FormQuestion[];
}

export interface FormQuestion {
	readonly field: string;
	readonly title: string;
	readonly description?: string;
	readonly required: boolean;
	readonly visible: boolean;
}

export interface FormMethods {
	readForm(table: Table, form: string, context: CallContext): Promise<FormInfo>;
	updateForm(
		table: Table,
		form: string,
		change: Partial<
			Pick<
				FormInfo,
				"name" | "description" | "shared" | "shareWith" | "submitOnce"
			>
		>,
		context: CallContext,
	): Promise<void>;
	/** `after`: field id of the question above it; "" = first. */
	updateQuestion(
		table: Table,
		form: string,
		change: Partial<FormQuestion> & {
			readonly field: string;
			readonly after?: string;
		},
		context: CallContext,
	): Promise<void>;
}
