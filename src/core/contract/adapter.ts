import type { FileMethods } from "./attachments.js";
import type { AutomationMethods } from "./automations.js";
import type { BaseMethods } from "./bases.js";
import type { CallContext } from "./call-context.js";
import type { CatalogMethods } from "./catalog.js";
import type { FieldCodecs } from "./codec.js";
import type { ContactMethods } from "./contacts.js";
import type { DashboardMethods } from "./dashboards.js";
import type { FilterDialect } from "./dialect.js";
import type {
	Field,
	FieldReference,
	SelectOption,
	SystemColumn,
} from "./field.js";
import type { Finding } from "./finding.js";
import type { FormMethods } from "./forms.js";
import type { Limits } from "./limits.js";
import type { PeopleMethods } from "./people.js";
import type { RecordMethods } from "./records.js";
import type { RoleMethods } from "./roles.js";
import type { SchemaMethods } from "./schema.js";
import type { Table } from "./table.js";
import type { ViewMethods } from "./views.js";

/**
 * One connected account. A method does one page or one batch: the core has resolved names, checked values and
 * split the work; http below has paced, repeated what is repeatable and refreshed tokens. A missing optional
 * method means "not supported here".
 */
export interface Adapter
	extends RecordMethods,
		CatalogMethods,
		Partial<SchemaMethods>,
		Partial<ViewMethods>,
		Partial<FileMethods>,
		Partial<BaseMethods>,
		Partial<FormMethods>,
		Partial<DashboardMethods>,
		Partial<RoleMethods>,
		Partial<ContactMethods>,
		Partial<PeopleMethods>,
		Partial<AutomationMethods> {
	readonly limits: Limits;
	readonly codecs: FieldCodecs;
	readonly dialect: FilterDialect;
	readonly systemColumns: readonly SystemColumn[];
	/** May the vendor sort by it, and is its order the core's order up to collation and empty cells? */
	sortable(field: Field | SystemColumn): boolean;
	/** A page read later may miss or repeat rows when others write in between. */
	readonly pagesShift: boolean;
	/**
	 * Who applies a view: `definition` = the core, from `readView` (the vendor tells all of it);
	 * `vendor` = the vendor, with any filter beside it, hidden columns never come back;
	 * `vendor-alone` = the vendor, but it ignores the view when a filter or sort is sent.
	 */
	readonly viewRule: "definition" | "vendor" | "vendor-alone";
	/** Which writes honour `CallContext.idempotencyKey`. */
	readonly idempotent: Readonly<
		Record<"create" | "update" | "delete", boolean>
	>;
	/** Is a batch all or nothing? */
	readonly atomicBatches: boolean;
	/** Do unknown option names create options silently? Then a write needs a fresh schema. */
	readonly createsOptions: boolean;
	/** Adds options on a write that allows them, where the vendor does not do it by itself. */
	addOptions?(
		table: Table,
		field: Field,
		names: readonly string[],
		context: CallContext,
	): Promise<readonly SelectOption[]>;
	/** How far the vendor's clock is ahead of this machine's, ms, as its last answer showed it; to tell old rows from new. */
	clockOffsetMs?(): number | undefined;
	/**
	 * What a formula names, in the neutral and in the vendor's own syntax; undefined = it holds something that
	 * cannot be read with certainty. Absent: this vendor makes no formulas.
	 */
	formulaReferences?(
		formula: string,
		table: string,
	): readonly FieldReference[] | undefined;
	/** Doctor's checks of this connection: what is missing, scope by scope. */
	check(context: CallContext): Promise<readonly Finding[]>;
	/** Releases files and sockets. */
	close?(): Promise<void>;
}
