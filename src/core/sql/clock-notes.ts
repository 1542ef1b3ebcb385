import type { SqlStatement } from "../contract/sql.js";
import type { Row } from "../contract/table.js";
import { quoted } from "../values/names.js";
import { kindOf, showsTime } from "../values/values.js";
import { zone as zoneNamed } from "../values/zone.js";
import { wallText } from "./cells.js";
import type { SourceColumn } from "./columns.js";

/*
 * Times of day stand in a statement as a clock on the wall shows them. Where that clock was changed, a span is not what
 * its two ends show, and an hour that is shown twice is two.
 */

/** What is to be said of the times that were read for one statement. */
export interface WallClock {
	/** The times in these columns of one table. */
	watch(as: string, columns: readonly SourceColumn[]): (row: Row) => void;
	notes(
		statement: Pick<SqlStatement, "functions">,
		asked: { readonly sql: string; readonly nowMs: number },
	): readonly string[];
}

/** Functions by which times become spans, and what makes them do so where that is an argument. */
const SPANS: readonly (readonly [name: string, by?: RegExp])[] = [
	["julianday"],
	["unixepoch"],
	["timediff"],
	["days_between"],
	["strftime", /%[sJ]/],
];

/** Functions that count from 1970 in UTC. */
const EPOCHS: readonly (readonly [name: string, by?: RegExp])[] = [
	["unixepoch"],
	["strftime", /%s/],
];

/** The clock of the statement's zone. */
export function wallClock(zone: string): WallClock {
	const { wall, momentsOf } = zoneNamed(zone);
	const offsets = new Set<number>();
	const twice = new Map<string, number>();
	return {
		watch(as, columns) {
			const timed = new Map<string, string>();
			for (const { from, name } of columns)
				if (from !== undefined && kindOf(from) === "date" && showsTime(from))
					timed.set(
						typeof from === "string" ? from : from.id,
						`${quoted(name)} of ${as}`,
					);
			return ({ cells }) => {
				for (const [id, name] of timed) {
					const ms = cells[id];
					if (typeof ms !== "number") continue;
					const wallMs = wall(ms);
					offsets.add(wallMs - ms);
					if (momentsOf(wallMs).length > 1)
						twice.set(name, (twice.get(name) ?? 0) + 1);
				}
			};
		},
		notes({ functions }, { sql, nowMs }) {
			if (offsets.size === 0) return [];
			const used = (some: typeof SPANS) =>
				some
					.filter(
						([name, by]) =>
							functions.has(name) && (by === undefined || by.test(sql)),
					)
					.map(([name]) => `${name}()`);
			if (functions.has("now")) offsets.add(wall(nowMs) - nowMs);
			const spans = used(SPANS);
			const epochs = [...offsets].some((ms) => ms !== 0) ? used(EPOCHS) : [];
			return [
				...(offsets.size > 1 && spans.length > 0
					? [
							`the clock of ${zone} was changed within the times read, and ${spans.join(", ")} ${spans.length === 1 ? "goes" : "go"} by the clock on the wall: a span over the change is off by it. seconds_between(from, to) counts what went by`,
						]
					: []),
				...(epochs.length > 0
					? [
							`${epochs.join(", ")} ${epochs.length === 1 ? "takes" : "take"} times on the wall of ${zone} for UTC; seconds since 1970: seconds_between('${wallText(0, zone)}', x)`,
						]
					: []),
				...[...twice].map(
					([name, count]) =>
						`${count === 1 ? "1 time" : `${count} times`} in ${name} ${count === 1 ? "lies" : "lie"} in an hour that the clock of ${zone} shows twice: equal texts may be two moments`,
				),
			];
		},
	};
}
