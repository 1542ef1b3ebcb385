import { onTestFinished } from "vitest";
import type {
	SqlColumn,
	SqlEngine,
	SqlFault,
	SqlResult,
	SqlValue,
} from "../../../src/core/contract/sql.js";
import { sqlEngine } from "../../../src/store/sql/engine.js";
import { handClock, type VirtualClock } from "../../clock.js";
import { SQL_WORKER } from "../../sql-worker.js";

/** A table with its rows. */
export interface Filled {
	readonly as: string;
	readonly columns: readonly SqlColumn[];
	readonly rows: readonly (readonly SqlValue[])[];
}

export const TODAY = "2026-11-27";
export const NOW = "2026-11-27 09:30:00";
const ZONE = "Europe/Berlin";

/** An engine for a test, which is ended with it. */
export function engineOf(clock: VirtualClock = handClock()): {
	readonly engine: SqlEngine;
	readonly clock: VirtualClock;
	/** The statement's answer over these tables, all read. */
	ask(sql: string, tables?: readonly Filled[]): Promise<SqlResult | SqlFault>;
} {
	const engine = sqlEngine(clock, SQL_WORKER);
	onTestFinished(() => engine.close());
	return {
		engine,
		clock,
		async ask(sql, tables = []) {
			const waiting = { untilMs: clock.now() + 10_000 };
			const opened = await engine.open(
				{ sql, tables, today: TODAY, now: NOW, zone: ZONE },
				waiting,
			);
			if ("fault" in opened) return opened;
			try {
				for (const [index, { rows }] of tables.entries()) {
					const used = opened.used[index];
					if (used === undefined) continue;
					const fault = await opened.load(
						index,
						rows.map((row) => used.map((place) => row[place] ?? null)),
					);
					if (fault !== undefined) return fault;
				}
				return await opened.run({ rows: 100_000, characters: 20_000_000 });
			} finally {
				opened.close();
			}
		},
	};
}
