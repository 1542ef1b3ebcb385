import type { Adapter } from "../../core/contract/adapter.js";
import type { BaseInfo } from "../../core/contract/table.js";
import type { SqlRow } from "./sqlite.js";
import { loadTable, needBase, type Store } from "./store.js";

/** The bases and tables of the store. No address in a browser shows them. */
export function catalogMethods(
	store: Store,
): Pick<Adapter, "readBases" | "readNodes" | "readTable" | "resolveUrl"> {
	const { db } = store;
	return {
		async readBases() {
			return {
				items: db
					.all(
						"SELECT id, name, time_zone FROM bases ORDER BY id <> 'main', name",
					)
					.map(baseInfo),
			};
		},
		async readNodes(base, { kinds }) {
			needBase(store, base);
			if (!kinds.includes("table")) return { items: [] };
			const items = db
				.all("SELECT id, name FROM tables WHERE base = ? ORDER BY rowid", [
					base,
				])
				.map((row) => ({
					kind: "table" as const,
					base,
					id: row.id as string,
					name: row.name as string,
					access: "manage" as const,
				}));
			return { items, total: items.length };
		},
		readTable: async (ref) => loadTable(store, ref),
		resolveUrl: async () => undefined,
	};
}

/** A row of the bases as the core knows it. */
export function baseInfo({ id, name, time_zone }: SqlRow): BaseInfo {
	return {
		id: id as string,
		name: name as string,
		access: "manage",
		...(time_zone === null ? {} : { timeZone: time_zone as string }),
	};
}
