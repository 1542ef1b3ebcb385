import type { CallContext } from "./call-context.js";
import type {
	BaseInfo,
	NodeInfo,
	NodeKind,
	Page,
	Table,
	TableRef,
	View,
} from "./table.js";

/** What there is: bases, what lies in them, a table's schema, and what a pasted URL names. */
export interface CatalogMethods {
	/**
	 * One page of the bases that this account can list; vendors that cannot list give the configured ones.
	 * @throws TablesError auth where the credential is refused; else as any read.
	 */
	readBases(
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<BaseInfo>>;
	/**
	 * Bases whose name holds `text`, for vendors that search for them but cannot list them.
	 * Absent: a base is known by the list, by its id or by its URL only.
	 * @throws TablesError not_allowed where the account may not search: then nothing is taken as found; else as any read.
	 */
	findBases?(text: string, context: CallContext): Promise<readonly BaseInfo[]>;
	/**
	 * One page of what is in a base, of the wanted kinds; kinds that the vendor does not have give nothing. `search` is a
	 * hint for a vendor that searches by name: the core looks through what comes back itself.
	 * @throws TablesError not_found for a base that is not there or that this account cannot see; else as any read.
	 */
	readNodes(
		base: string,
		query: { readonly kinds: readonly NodeKind[]; readonly search?: string },
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<NodeInfo>>;
	/**
	 * Fields, the list of views and the zone; always fresh: the core keeps the answer for up to five minutes.
	 * @throws TablesError not_found for a table that is not there or that this account cannot see; else as any read.
	 */
	readTable(ref: TableRef, context: CallContext): Promise<Table>;
	/**
	 * One view by its id, with its definition as far as the vendor gives it.
	 * Absent: views are what `readTable` lists; `Capabilities` says why there is no more.
	 * @throws TablesError not_found for a view that is gone; else as any read.
	 */
	readView?(table: Table, view: string, context: CallContext): Promise<View>;
	/**
	 * What a browser URL names. undefined = the host is not this vendor's; `unresolvable` = it is, but no API resolves
	 * this kind of link, with what to paste in its place.
	 * @throws TablesError not_found for a link to what this account cannot see; else as any read.
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
