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
import type { DeletedLinks, SchemaMethods } from "./schema.js";
import type { Table } from "./table.js";
import type { ViewMethods } from "./views.js";

/**
 * One connected account. A method does one page or one batch: the core has resolved names, checked values and
 * split the work; http below has paced, repeated what is repeatable and refreshed tokens. A missing method of a
 * `Partial` part means "not supported here", and the vendor's `Capabilities` say why and what to do instead.
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
	/** Sizes and rates that the core keeps to. */
	readonly limits: Limits;
	/** How each field type is read and written; a row that cannot be has the reason. */
	readonly codecs: FieldCodecs;
	/** Which parts of a filter the vendor evaluates. */
	readonly dialect: FilterDialect;
	/** Columns that the vendor has besides the table's fields, in the order in which they are shown. */
	readonly systemColumns: readonly SystemColumn[];
	/** May the vendor sort by it, and is its order the core's order up to collation and empty cells? If not, the core sorts. */
	sortable(field: Field | SystemColumn): boolean;
	/**
	 * A page read later may miss or repeat rows when others write in between. Then the place of a cursor is looked for
	 * again by the rows shown last, and an export notes that rows may be missed.
	 */
	readonly pagesShift: boolean;
	/**
	 * Who applies a view: `definition` = the core, from `readView` (the vendor gives all of it);
	 * `vendor` = the vendor, with any filter beside it, hidden columns never come back;
	 * `vendor-alone` = the vendor, but it ignores the view when a filter or sort is sent.
	 */
	readonly viewRule: "definition" | "vendor" | "vendor-alone";
	/**
	 * How cells are named on the wire. By `name`, a schema that is not fresh may mean another field: a policy that hides
	 * fields looks at the names again before rows are shown or sent.
	 */
	readonly cellsBy: "id" | "name";
	/** Which writes honour `CallContext.idempotencyKey`: one sent twice under the same key is done once. */
	readonly idempotent: Readonly<
		Record<"create" | "update" | "delete", boolean>
	>;
	/** Is a batch all or nothing? If so, a refused one is halved until the record to blame is found; if not, all of it has failed. */
	readonly atomicBatches: boolean;
	/** Do unknown option names create options silently? Then a write needs a schema of the last ten seconds. */
	readonly createsOptions: boolean;
	/** A table keeps its last view: it cannot be deleted. Absent: a table may be without views, or views are not deleted here. */
	readonly keepsLastView?: true;
	/** A type change that would lose a cell is refused: `checkUpdateField` has looked at all of them. Absent: cells may be lost. */
	readonly keepsCells?: true;
	/** What becomes of links when a field or table that they are a side of is deleted. */
	readonly deletedLinks: DeletedLinks;
	/**
	 * Adds options on a write that allows them; answers all options of the field.
	 * Absent: the vendor makes them with the write itself.
	 * @throws TablesError not_found for a field that is gone; else as any write.
	 */
	addOptions?(
		table: Table,
		field: Field,
		names: readonly string[],
		context: CallContext,
	): Promise<readonly SelectOption[]>;
	/**
	 * How far the vendor's clock is ahead of this machine's, ms, as its last answer showed it; undefined = no answer yet.
	 * With it, rows that were there before a write are distinguished from those it made.
	 * Absent: nothing is known of the vendor's clock, and a wider margin is left around the write.
	 */
	clockOffsetMs?(): number | undefined;
	/**
	 * What a formula names, in the neutral and in the vendor's own syntax; undefined = it holds something that cannot be
	 * read with certainty. A policy that hides anything lets only formulas through whose every reference may be seen.
	 * Absent: this vendor makes no formulas, and such a policy refuses them.
	 */
	formulaReferences?(
		formula: string,
		table: string,
	): readonly FieldReference[] | undefined;
	/**
	 * Doctor's checks of this connection: what is missing, scope by scope. Only reads.
	 * @throws TablesError unreachable where the vendor cannot be asked at all; what an answer reveals is a finding.
	 */
	check(context: CallContext): Promise<readonly Finding[]>;
	/**
	 * Releases files and sockets; no method is called after it. Never throws.
	 * Absent: there is nothing to release.
	 */
	close?(): Promise<void>;
}
