import type { Adapter } from "../../core/contract/adapter.js";
import type { Finding } from "../../core/contract/finding.js";
import type { Services } from "../vendor.js";
import { baseMethods } from "./bases.js";
import type { LocalConfig } from "./config.js";
import { localCodecs, type Storage, storageOf } from "./fields.js";
import { fileMethods } from "./files.js";
import { localDialect } from "./filter.js";
import { pageMethods } from "./pages.js";
import { recordMethods } from "./records.js";
import { schemaMethods } from "./schema.js";
import { openStore, type Store } from "./store.js";
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
		codecs: localCodecs,
		dialect: localDialect,
		systemColumns: ["$created_at", "$updated_at", "$created_by", "$updated_by"],
		sortable,
		pagesShift: false,
		viewRule: "definition",
		idempotent: { create: true, update: true, delete: false },
		atomicBatches: true,
		createsOptions: false,
		...baseMethods(store),
		...tableMethods(store),
		...viewMethods(store),
		...pageMethods(store),
		...recordMethods(store),
		...schemaMethods(store),
		...fileMethods(store),
		/** No address in a browser shows it. */
		resolveUrl: async () => undefined,
		/** People are the names that are written into cells. */
		findPeople: async (_table, _field, texts) =>
			texts.map((text) => ({ id: text, name: text })),
		readNames: async (ids) => new Map(ids.map((id) => [id, id])),
		check: async () => [check(store)],
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

function check({ db, file }: Store): Finding {
	const [row] = db.all("PRAGMA quick_check(1)");
	const result =
		row === undefined ? "no answer" : String(Object.values(row)[0]);
	return result === "ok"
		? { level: "ok", what: `SQLite file ${file}` }
		: {
				level: "error",
				what: `the SQLite file ${file} is damaged: ${result}`,
				next: "Restore it from a backup, or move it away to begin anew.",
			};
}
