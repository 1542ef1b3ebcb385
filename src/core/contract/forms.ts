import type { CallContext } from "./call-context.js";
import type { Table } from "./table.js";

/** A form over a table: who fills it in makes a record. */
export interface FormInfo {
	/** As `readNodes` lists it. */
	readonly id: string;
	/** Its heading. */
	readonly name: string;
	/** Text below the heading. Absent: none, or the vendor does not say. */
	readonly description?: string;
	/** Is there a link by which others can fill it in? Absent: the vendor does not say. */
	readonly shared?: boolean;
	/** The link to fill it in. Absent: it is not shared, or the vendor gives no link. */
	readonly url?: string;
	/** Who may open the link. Absent: the vendor does not say. */
	readonly shareWith?: "invited" | "organization" | "anyone";
	/** May each person fill it in once only? Absent: the vendor does not say. */
	readonly submitOnce?: boolean;
	/** In the order of the form; those of hidden fields are cut out by the policy. */
	readonly questions: readonly FormQuestion[];
}

/** One field as a form asks for it. */
export interface FormQuestion {
	/** Field id. */
	readonly field: string;
	/** What the person reads; not always the field's name. */
	readonly title: string;
	/** Text below the title. Absent: none. */
	readonly description?: string;
	/** Can the form not be sent without an answer? */
	readonly required: boolean;
	/** Is it shown to who fills the form in? */
	readonly visible: boolean;
}

/** Forms read and changed; they are made and deleted in the vendor's app, or as views of type `form`. */
export interface FormMethods {
	/**
	 * The whole form with all its questions.
	 * @throws TablesError not_found for a form that is not in this table; else as any read.
	 */
	readForm(table: Table, form: string, context: CallContext): Promise<FormInfo>;
	/**
	 * Changes the parts that are named.
	 * @throws TablesError bad_argument for parts that exclude each other; else as any write.
	 */
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
	/**
	 * Changes the named parts of one question and, with `after`, its place: the field id of the question above it,
	 * "" = first.
	 * @throws TablesError not_found for a field without a question; else as any write.
	 */
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
