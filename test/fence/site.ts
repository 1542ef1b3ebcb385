import type { VirtualClock } from "../clock.js";
import type {
	Fake,
	FakeRequest,
	FakeResponse,
	FaultPlan,
} from "../fakes/fake.js";

/** What a person makes in the app; a field that the vendor does not have is left out of the table. */
export type Kind =
	| "text"
	| "attachment"
	| { readonly options: readonly string[] }
	/** `reverse`: two-way, with this name on the other side. */
	| { readonly link: string; readonly reverse?: string }
	/** Joins the texts of a field of the same table. */
	| { readonly formulaOf: string }
	/** The values of another table's field, through a link of this one; ids. */
	| { readonly lookup: { readonly link: string; readonly field: string } };

export type Cells = Readonly<Record<string, string | readonly string[]>>;

export interface Snapshot {
	readonly name: string;
	/** Names by id. */
	readonly fields: Readonly<Record<string, string>>;
	/** Cells as they are stored, by field id, by record. */
	readonly rows: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * A vendor's account, and what people do in its app: nothing here goes through the server that is tested.
 * Tables and fields go by id.
 */
export interface Site {
	/** Of the connection; `bases` are those that a person would list. */
	config(bases: readonly string[]): object;
	/** Absent: no network. */
	readonly fake?: Fake;
	readonly origins: readonly string[];
	addBase(name: string): Promise<string>;
	addTable(base: string, name: string, primary: string): Promise<string>;
	/** Answers its id; undefined where the vendor has no such field. */
	addField(
		base: string,
		table: string,
		name: string,
		kind: Kind,
	): Promise<string | undefined>;
	/** Cells by field name: texts, and lists of record ids for links. */
	addRecords(
		base: string,
		table: string,
		records: readonly Cells[],
	): Promise<readonly string[]>;
	/** Puts a text file into an empty cell; the field goes by its name. */
	attach(
		base: string,
		table: string,
		record: string,
		field: string,
		file: { readonly name: string; readonly text: string },
	): Promise<void>;
	/** A view that is filtered by a text in a field, and sorted by it. */
	addView?(
		base: string,
		table: string,
		view: {
			readonly name: string;
			readonly field: string;
			readonly text: string;
		},
	): Promise<string>;
	addForm?(base: string, table: string, name: string): Promise<string>;
	renameBase(base: string, name: string): Promise<void>;
	renameTable(base: string, table: string, name: string): Promise<void>;
	renameField(
		base: string,
		table: string,
		field: string,
		name: string,
	): Promise<void>;
	snapshot(base: string, table: string): Promise<Snapshot>;
	tables(base: string): Promise<readonly string[]>;
	/** Names of the bases that there are. */
	bases(): Promise<readonly string[]>;
	/** The address bar's URL. */
	url?(base: string, table?: string): string;
	/** A link to a base that only the vendor can resolve. */
	wiki?(base: string): string;
	/** Does this request only list the bases that are configured or resolve a link? It may name any base. */
	lists?(request: FakeRequest): boolean;
	/** Does it read only, whatever its method? */
	reads?(request: FakeRequest): boolean;
	/** A refusal with this text. */
	refusal?(text: string): FakeResponse;
	readonly tokenRefused?: FakeResponse;
}

/** What a formula of the vendor's may name. */
export interface Named {
	/** Ids. */
	readonly table: string;
	readonly field: string;
	readonly names: { readonly table: string; readonly field: string };
}

/** How a vendor joins the tests of the fence. */
export interface SiteOfVendor {
	/** Absent: formulas cannot be made. */
	readonly formulas?: {
		/** References to the field, in the vendor's own words. */
		references(named: Named): readonly string[];
		/** Texts that look like one and cannot be read with certainty. */
		unreadable(named: Named): readonly string[];
	};
	/** There are links that only the vendor can resolve: `Site.wiki`. */
	readonly wiki?: true;
	open(given: {
		readonly clock: VirtualClock;
		readonly fault: FaultPlan;
		/** Takes what closes the account after the test. */
		readonly atEnd: (close: () => Promise<void>) => void;
	}): Site;
}
