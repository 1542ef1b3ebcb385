import type { Adapter } from "../../core/contract/adapter.js";

import type { Services } from "../vendor.js";
import { baseMethods } from "./bases.js";
import { catalogMethods } from "./catalog.js";
import { codecs } from "./cells.js";
import type { LocalConfig } from "./config.js";
import { doctorFindings } from "./doctor.js";
import { fileMethods } from "./files.js";
import { dialect } from "./filter.js";
import { pageMethods } from "./pages.js";
import { peopleMethods } from "./people.js";
import { recordMethods } from "./records.js";
import { schemaMethods } from "./schema.js";
import { type Storage, storageOf } from "./storage.js";
import { openStore } from "./store.js";
import { tableMethods } from "./tables.js";
import { viewMethods } from "./views.js";

/** Opens the store. Everything that reads and writes is short: one page or one batch, in one transaction. */
export async function connect(
	config: LocalConfig,
	services: Services,
): Promise<Adapter> {
	const store = await openStore(config, services);
	return {
		limits: {
			// Small, so that an export of any size stays small in memory; a page costs well under a millisecond.
			page: 200,
			ids: 500,
			batch: { create: 500, update: 500, delete: 500 },
			rates: [],
			writes: "parallel",
		},
		codecs,
		dialect,
		systemColumns: ["$created_at", "$updated_at", "$created_by", "$updated_by"],
		sortable,
		pagesShift: false,
		cellsBy: "id",
		viewRule: "definition",
		idempotent: { create: true, update: true, delete: false },
		atomicBatches: true,
		createsOptions: false,
		keepsCells: true,
		deletedLinks: { otherSide: "goes", incoming: "go" },
		...baseMethods(store),
		...catalogMethods(store),
		...tableMethods(store),
		...viewMethods(store),
		...pageMethods(store),
		...recordMethods(store),
		...schemaMethods(store),
		...fileMethods(store),
		...peopleMethods(),
		check: () => doctorFindings(store),
		close: async () => store.db.close(),
	};
}

/** Columns whose order in SQLite is the order of their values. */
const SORTED: ReadonlySet<Storage> = new Set([
	"text",
	"real",
	"flag",
	"moment",
	"day",
	"system",
]);

const sortable: Adapter["sortable"] = (column) =>
	typeof column === "string" || SORTED.has(storageOf(column));
