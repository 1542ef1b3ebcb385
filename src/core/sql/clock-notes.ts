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

/** What was seen of the times of a table. */
export interface TimesRead {
	/** By the column's name: how far its clock was from UTC, and how many of its times lie in an hour that was shown twice. */
	readonly [column: string]: {
		readonly offsets: readonly number[];
		readonly twice: number;
	};
}

/** Functions by which times become spans, and what makes them do so where that is an argument. */
const SPANS: readonly (readonly [name: string, by?: RegExp])[] = [
	["julianday"],
	["unixepoch"],
	["timediff"],
	["strftime", /%[sJ]/],
];

/** Functions that count from 1970 in UTC. */
const EPOCHS: readonly (readonly [name: string, by?: RegExp])[] = [
	["unixepoch"],
	["strftime", /%s/],
];

/** Looks at the times in these columns of a table, as the clock of a zone shows them. */
export function timesIn(
	zone: string,
	columns: readonly SourceColumn[],
): { look(row: Row): void; read(): TimesRead } {
	const { wall, momentsOf } = zoneNamed(zone);
	const timed = columns.flatMap(({ from, name }) =>
		from !== undefined && kindOf(from) === "date" && showsTime(from)
			? [
					{
						name,
						id: typeof from === "string" ? from : from.id,
						offsets: new Set<number>(),
						twice: 0,
					},
				]
			: [],
	);
	return {
		look({ cells }) {
			for (const column of timed) {
				const ms = cells[column.id];
				if (typeof ms !== "number") continue;
				const wallMs = wall(ms);
				column.offsets.add(wallMs - ms);
				if (momentsOf(wallMs).length > 1) column.twice++;
			}
		},
		read: () =>
			Object.fromEntries(
				timed.map(({ name, offsets, twice }) => [
					name,
					{ offsets: [...offsets], twice },
				]),
			),
	};
}

/** A statement, and when it was asked. */
interface Asked {
	readonly sql: string;
	readonly zone: string;
	readonly nowMs: number;
	readonly functions: SqlStatement["functions"];
}

/** What is to be said of the times that a statement works with: those of the columns that it uses, table by table. */
export function clockNotes(
	asked: Asked,
	tables: readonly { readonly as: string; readonly times: TimesRead }[],
): readonly string[] {
	const all = tables.flatMap(({ as, times }) =>
		Object.entries(times).map(([name, read]) => ({ as, name, ...read })),
	);
	const offsets = new Set(all.flatMap((column) => column.offsets));
	return [
		...(offsets.size === 0 ? [] : spanNotes(asked, offsets)),
		...all
			.filter(({ twice }) => twice > 0)
			.map(
				({ as, name, twice }) =>
					`${twice === 1 ? "1 time" : `${twice} times`} in ${quoted(name)} of ${as} ${twice === 1 ? "lies" : "lie"} in an hour that the clock of ${asked.zone} shows twice: equal texts may be two moments`,
			),
	];
}

function spanNotes(
	{ sql, zone, nowMs, functions }: Asked,
	read: ReadonlySet<number>,
): readonly string[] {
	const offsets = new Set(read);
	if (functions.has("now")) offsets.add(zoneNamed(zone).wall(nowMs) - nowMs);
	const used = (some: typeof SPANS) =>
		some
			.filter(
				([name, by]) =>
					functions.has(name) && (by === undefined || by.test(sql)),
			)
			.map(([name]) => `${name}()`);
	const spans = offsets.size > 1 ? used(SPANS) : [];
	const epochs = [...offsets].some((ms) => ms !== 0) ? used(EPOCHS) : [];
	const verb = (names: readonly string[], one: string, more: string) =>
		`${names.join(", ")} ${names.length === 1 ? one : more}`;
	return [
		...(spans.length > 0
			? [
					`the clock of ${zone} was changed within the times read, and ${verb(spans, "goes", "go")} by the clock on the wall: a span over the change is off by it. seconds_between(from, to) counts what went by`,
				]
			: []),
		...(epochs.length > 0
			? [
					`${verb(epochs, "takes", "take")} times on the wall of ${zone} for UTC; seconds since 1970: seconds_between('${wallText(0, zone)}', x)`,
				]
			: []),
	];
}
