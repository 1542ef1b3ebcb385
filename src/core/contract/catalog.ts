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
