import type { Condition, Filter, Pushed } from "./condition.js";
import type {
	Attachment,
	CellValue,
	Field,
	FieldReference,
	FieldSettings,
	FieldType,
	SelectOption,
	SystemColumn,
} from "./field.js";
import type {
	BaseInfo,
	FilterInput,
	NodeInfo,
	NodeKind,
	Operator,
	Page,
	SortInput,
	Table,
	TableRef,
	View,
	ViewType,
	WireRow,
} from "./table.js";

/** A reason and the way round that the agent will read. */
export interface Unsupported {
	readonly unsupported: string;
}

/** Goes with every call to an adapter. */
export interface CallContext {
	readonly signal?: AbortSignal;
	/** `bulk` yields to `interactive` in the rate buckets. */
	readonly priority: "interactive" | "bulk";
	/** Bases that may be looked into where a call does not name one; absent = all. */
	readonly within?: (base: BaseInfo) => boolean;
	/** A UUID v4; the same for a repeat of the same batch. Used where `idempotent` says so. */
	readonly idempotencyKey?: string;
}

/** Facts of an account's plan; every number has its source beside it in the vendor's folder. */
export interface Limits {
	/** Rows of one page. */
	readonly page: number;
	/** Records that one `readByIds` takes. */
	readonly ids: number;
	readonly batch: Readonly<Record<"create" | "update" | "delete", number>>;
	/** Bytes of one write's body, where the vendor has a limit. */
	readonly bodyBytes?: number;
	readonly rates: readonly Rate[];
	/** `serial-…`: one write at a time, over all processes of this person. */
	readonly writes: "parallel" | "serial-per-table" | "serial-per-base";
}

/** `calls` per `perMs` for each account, base or table and kind of call. */
export interface Rate {
	readonly calls: number;
	readonly perMs: number;
	readonly per: "account" | "base" | "table";
	readonly kind: "read" | "write" | "any";
}

/** Passed to codecs. */
export interface CodecContext {
	readonly zone: string;
}

/** One field type of one vendor, both directions. */
export interface FieldCodec<T extends FieldType> {
	/** The vendor's type names or numbers that this row reads. */
	readonly wireTypes: readonly (string | number)[];
	/** Forgiving: null, absent and a vendor's empty forms give null; a shape it does not know gives `{raw}`. */
	decode(
		wire: unknown,
		field: Field,
		context: CodecContext,
	): CellValue<T> | { readonly raw: unknown };
	/** Absent: the vendor computes it. `null` clears. */
	encode?(value: CellValue<T>, field: Field, context: CodecContext): unknown;
	/** people, groups, departments, links: is this text an id of the vendor, not a name? */
	isId?(text: string): boolean;
	/** A vendor's own rule about a value, beyond the neutral ones; text = why it is refused. */
	check?(value: CellValue<T>, field: Field): string | undefined;
	/**
	 * A write is proved by reading back in the same call. `true`: the plain value is evident but the vendor documents
	 * none; a function says for which fields and values. `first`: the vendor's answer shows a value whether it was kept
	 * or not; once a call has read a cell of the same field and form back, it believes the answers about the others.
	 */
	prove?: true | "first" | ((field: Field, value: CellValue<T>) => boolean);
}

/** Every field type of the core is answered, or the folder does not compile. */
export type FieldCodecs = {
	readonly [T in FieldType]: FieldCodec<T> | Unsupported;
};

/** What a vendor can be asked. The core compiles; what it cannot push, it evaluates itself. */
export interface FilterDialect<Expr = unknown> {
	/** Answers undefined where this field or value cannot be pushed (then the condition is *true* for the vendor). */
	readonly operators: {
		readonly [O in Operator]:
			| ((
					condition: Condition,
					context: CodecContext,
			  ) => Pushed<Expr> | undefined)
			| Unsupported;
	};
	all(parts: readonly Expr[]): Expr;
	/** Absent: an `any` cannot be pushed. */
	any?(parts: readonly Expr[]): Expr;
	/** May `all`/`any` hold the result of the other? */
	readonly nests: boolean;
	/** Largest number of conditions in one filter; more are left to the core. */
	readonly maxConditions?: number;
	/** Can it be sent? A whole filter that is too long is left to the core. */
	fits?(expr: Expr): boolean;
}

export interface WireQuery {
	/** Fields whose cells are wanted; only these come back. */
	readonly fields: readonly Field[];
	/** System columns that are wanted. */
	readonly system: readonly SystemColumn[];
	/** Made by the adapter's own dialect. */
	readonly filter?: unknown;
	/** Only fields for which `sortable` said yes. */
	readonly sort?: readonly WireSort[];
	readonly view?: string;
	readonly pageSize: number;
}

export interface WireSort {
	readonly field: Field | SystemColumn;
	readonly descending: boolean;
}

/** A written row: its id and, if the vendor's answer shows what is stored, that. */
export interface WrittenRow {
	readonly id: string;
	/** Keyed by field id. Present only if it shows stored values, not a repetition of the request. */
	readonly stored?: Readonly<Record<string, unknown>>;
}

/** Wire cells keyed by field id. */
export type WireCells = Readonly<Record<string, unknown>>;

export interface RecordMethods {
	/** One page. `cursor` is a `next` of the same query or `pageCursor(n)`. */
	readPage(
		table: Table,
		query: WireQuery,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<WireRow>>;
	/**
	 * Present where paging is by key, not by position: the cursor right after `row` in the order of `query`
	 * (the sort fields are among `query.fields`), so that a page can end anywhere.
	 */
	cursorAfter?(row: WireRow, query: WireQuery): string;
	/** Present: pages can be read in any order and at the same time; `index` from 0. */
	pageCursor?(index: number): string;
	/** At most `limits.ids`; records that do not exist are left out. */
	readByIds(
		table: Table,
		ids: readonly string[],
		query: Pick<WireQuery, "fields" | "system">,
		context: CallContext,
	): Promise<readonly WireRow[]>;
	/** One batch, at most `limits.batch.create`. The answer has the order of `rows`. */
	createBatch?(
		table: Table,
		rows: readonly WireCells[],
		context: CallContext,
	): Promise<readonly WrittenRow[]>;
	/** Only the named cells change. */
	updateBatch?(
		table: Table,
		rows: readonly { readonly id: string; readonly cells: WireCells }[],
		context: CallContext,
	): Promise<readonly WrittenRow[]>;
	deleteBatch?(
		table: Table,
		ids: readonly string[],
		context: CallContext,
	): Promise<void>;
	/** Ids that an earlier create with this key made, where the vendor can tell; undefined = it cannot. */
	readCreated?(
		table: Table,
		idempotencyKey: string,
		context: CallContext,
	): Promise<readonly string[] | undefined>;
}

export interface CatalogMethods {
	/** Bases that this account can list; vendors that cannot list give the configured ones. */
	readBases(
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<BaseInfo>>;
	/** Bases whose name holds `text`, for vendors that search for them but cannot list them. */
	findBases?(text: string, context: CallContext): Promise<readonly BaseInfo[]>;
	/** Everything of the wanted kinds in one base. */
	readNodes(
		base: string,
		query: { readonly kinds: readonly NodeKind[]; readonly search?: string },
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<NodeInfo>>;
	/** Fields, the list of views and the zone; always fresh. */
	readTable(ref: TableRef, context: CallContext): Promise<Table>;
	/** One view with its definition, as far as the vendor tells. */
	readView?(table: Table, view: string, context: CallContext): Promise<View>;
	/**
	 * A browser URL of this vendor's hosts. undefined = not ours; `unresolvable` = ours, but no API resolves it,
	 * with what to paste in its place.
	 */
	resolveUrl(
		url: URL,
		context: CallContext,
	): Promise<
		| {
				readonly base: string;
				readonly table?: string;
				readonly view?: string;
				readonly record?: string;
				/** What the agent should know about how the URL was understood. */
				readonly note?: string;
		  }
		| { readonly unresolvable: string }
		| undefined
	>;
}

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

/** Field ids everywhere; absent = keep; null or an empty list = clear. */
export interface ViewChange {
	readonly name?: string;
	readonly filter?: FilterInput | null;
	/** Goes with `filter`: the same conditions in the same order, names resolved and values parsed. */
	readonly resolved?: Filter;
	readonly sort?: readonly SortInput[] | null;
	readonly hiddenFields?: readonly string[] | null;
	readonly treeBy?: string | null;
}

export interface ViewMethods {
	createView(
		table: Table,
		spec: ViewChange & { readonly name: string; readonly type: ViewType },
		context: CallContext,
	): Promise<View>;
	updateView(
		table: Table,
		view: View,
		change: ViewChange,
		context: CallContext,
	): Promise<View>;
	deleteView(table: Table, view: View, context: CallContext): Promise<void>;
}

/** A file to send: read as often as a repeat needs it. */
export interface FileSource {
	readonly name: string;
	readonly size: number;
	readonly type: string;
	/** Bytes from `start` up to but without `end`. */
	read(start: number, end: number): Promise<Uint8Array>;
}

export interface FileMethods {
	/** Largest file in bytes that the vendor takes. */
	readonly maxFileBytes: number;
	/** Sends one file; the answer's `token` goes into a cell. */
	uploadFile(
		table: Table,
		field: Field,
		file: FileSource,
		context: CallContext,
		progress: (bytes: number) => void,
	): Promise<Attachment & { readonly token: string }>;
	/** A link that opens without a credential, where the vendor has one. */
	readFileLink?(
		table: Table,
		cell: FileCell,
		context: CallContext,
	): Promise<string | undefined>;
	/** The bytes, streamed. */
	downloadFile(
		table: Table,
		cell: FileCell,
		context: CallContext,
	): Promise<AsyncIterable<Uint8Array>>;
}

export interface FileCell {
	readonly field: Field;
	readonly record: string;
	readonly attachment: Attachment;
}

export interface BaseMethods {
	createBase(
		spec: {
			readonly name: string;
			readonly folder?: string;
			readonly timeZone?: string;
		},
		context: CallContext,
	): Promise<BaseInfo & { readonly defaultTable?: string }>;
	updateBase(
		base: string,
		change: { readonly name?: string; readonly advancedPermissions?: boolean },
		context: CallContext,
	): Promise<BaseInfo>;
	copyBase(
		base: string,
		spec: {
			readonly name: string;
			readonly folder?: string;
			readonly structureOnly: boolean;
		},
		context: CallContext,
	): Promise<BaseInfo>;
	/** `member` is an id of the vendor or an e-mail address. */
	shareBase(
		base: string,
		member: string,
		access: "read" | "edit" | "manage",
		context: CallContext,
	): Promise<void>;
}

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

export interface DashboardMethods {
	readDashboards(
		base: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<{ readonly id: string; readonly name: string }>>;
	copyDashboard(
		base: string,
		dashboard: string,
		name: string,
		context: CallContext,
	): Promise<{ readonly id: string; readonly name: string }>;
}

export interface RoleTable {
	/** Table id. */
	readonly table: string;
	readonly name?: string;
	readonly access: "none" | "read" | "edit" | "manage";
	/** Rows that the role may edit (or read); `$visitor` is the person who looks. Absent = all. */
	readonly rows?: FilterInput;
	/** The rows outside `rows`. */
	readonly otherRows?: "none" | "read";
	readonly fields?: readonly {
		readonly field: string;
		readonly access: "none" | "read" | "edit";
	}[];
	readonly addRecords?: boolean;
	readonly deleteRecords?: boolean;
}

export interface RoleInfo {
	readonly id: string;
	readonly name: string;
	readonly tables: readonly RoleTable[];
	readonly dashboards: readonly {
		readonly dashboard: string;
		readonly access: "none" | "read";
	}[];
	/** The vendor's own role object, to send whole on update. */
	readonly wire?: unknown;
}

export interface MemberInfo {
	readonly id: string;
	readonly name: string | null;
	readonly kind: "user" | "group" | "department";
}

export interface RoleMethods {
	readRoles(
		base: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<RoleInfo>>;
	createRole(
		base: string,
		role: Omit<RoleInfo, "id" | "wire">,
		context: CallContext,
	): Promise<string>;
	/** `role` is the whole role after merging. */
	updateRole(base: string, role: RoleInfo, context: CallContext): Promise<void>;
	deleteRole(base: string, role: string, context: CallContext): Promise<void>;
	readRoleMembers(
		base: string,
		role: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<MemberInfo>>;
	addRoleMembers(
		base: string,
		role: string,
		members: readonly Pick<MemberInfo, "id" | "kind">[],
		context: CallContext,
	): Promise<void>;
	removeRoleMembers(
		base: string,
		role: string,
		members: readonly Pick<MemberInfo, "id" | "kind">[],
		context: CallContext,
	): Promise<void>;
}

export type ContactKind = "member" | "team" | "role";

export interface ContactInfo {
	readonly id: string;
	readonly kind: ContactKind;
	readonly name: string | null;
	readonly email?: string;
	readonly parent?: string;
	readonly teams?: readonly string[];
	readonly roles?: readonly string[];
}

export interface ContactMethods {
	readContacts(
		query: {
			readonly kind: ContactKind;
			readonly inside?: string;
			readonly search?: string;
		},
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<ContactInfo>>;
	/** Without `id` a new one. */
	saveContact(
		change: {
			readonly kind: ContactKind;
			readonly id?: string;
			readonly name?: string;
			readonly parent?: string;
			readonly teams?: readonly string[];
			readonly roles?: readonly string[];
		},
		context: CallContext,
	): Promise<ContactInfo>;
	deleteContact(
		kind: ContactKind,
		id: string,
		context: CallContext,
	): Promise<void>;
}

export interface PeopleMethods {
	/** People (groups, departments) whose name or e-mail is one of `texts`; used to write and filter by name. */
	findPeople(
		table: Table,
		field: Field,
		texts: readonly string[],
		context: CallContext,
	): Promise<
		readonly {
			readonly id: string;
			readonly name: string | null;
			readonly email?: string;
		}[]
	>;
	/** Names of people whose cells show ids only. Those that cannot be read are left out. */
	readNames(
		ids: readonly string[],
		context: CallContext,
	): Promise<ReadonlyMap<string, string>>;
}

export interface AutomationMethods {
	readAutomations(
		base: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<
		Page<{
			readonly id: string;
			readonly name: string;
			readonly enabled: boolean;
		}>
	>;
	switchAutomation(
		base: string,
		automation: string,
		enabled: boolean,
		context: CallContext,
	): Promise<void>;
}

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
	/** How cells are named on the wire: by `name` a schema that is not fresh may mean another field. */
	readonly cellsBy: "id" | "name";
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

/** One line of `doctor`. */
export interface Finding {
	readonly level: "ok" | "warning" | "error";
	readonly what: string;
	readonly next?: string;
}
