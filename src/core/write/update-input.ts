import { tablePlace } from "../contract/consent.js";
import type { FilterInput } from "../contract/table.js";
import type { Located } from "../places/locate.js";

/** What an update is asked: `records`, or `filter` with `set`. */
export interface UpdateInput {
	readonly records?: readonly unknown[] | undefined;
	readonly matchOn?: readonly string[] | undefined;
	readonly upsert?: boolean | undefined;
	readonly filter?: FilterInput | undefined;
	readonly set?: Readonly<Record<string, unknown>> | undefined;
	readonly confirm?: string | undefined;
	/** By a tool that can ask: records that are named are asked about too where a person has just said no. */
	readonly asks?: boolean;
}

/** What a person is asked about when records change. */
export function changesOf(located: Located) {
	return { kind: "change_records", place: tablePlace(located) } as const;
}
