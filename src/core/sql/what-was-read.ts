import { fieldsOf } from "../contract/condition.js";
import type { Field } from "../contract/field.js";
import type { Row } from "../contract/table.js";
import { isWritable } from "../delivery/verify-answer.js";
import type { Located } from "../places/locate.js";
import { inTurns } from "../values/in-turns.js";
import { findNamed } from "../values/names.js";
import { digestOf, lookOf } from "../write/look-again.js";
import type { StatementRows } from "../write/statement-rows.js";
import type { WantedTable, Watching } from "./fill-tables.js";

/**
 * What a statement reads of the table that its rows are written to, and what is overwritten there: digests, so that a
 * change is seen. `sets`: its columns are fields; else the records go with all of their cells.
 */
export function whatIsRead(
	located: Located,
	sets: boolean,
): Omit<Watching, "saw"> &
	Pick<StatementRows, "read" | "hasRead" | "isAsRead"> {
	const readings = new Map<WantedTable, Reading>();
	const read: Field[] = [];
	const isTarget = (table: WantedTable) => isSame(table.located, located);
	return {
		read,
		fieldsFor: (table, columns) =>
			isTarget(table)
				? [
						// What decides whether a row is read is read as well.
						...[table.rows.filter, table.rows.also].flatMap((filter) =>
							filter === undefined ? [] : fieldsOf(filter).fields,
						),
						...overwritten(table.located, sets, columns),
					]
				: [],
		async take(table, fields, rows) {
			if (!isTarget(table)) return;
			const reading = readings.get(table) ?? openReading(located, fields);
			readings.set(table, reading);
			for (const { id } of fields) {
				const field = located.table.byId.get(id);
				if (field !== undefined && !read.includes(field)) read.push(field);
			}
			await inTurns(rows, ({ id, cells }) => {
				reading.digests.set(id, reading.digest(cells));
			});
		},
		hasRead: (id) => [...readings.values()].some((one) => one.digests.has(id)),
		isAsRead: (id, cells) =>
			[...readings.values()].every(({ digests, digest }) => {
				const then = digests.get(id);
				return then === undefined || then === digest(cells);
			}),
	};
}

function overwritten(
	located: Located,
	sets: boolean,
	columns: readonly string[],
): readonly Field[] {
	const { fields } = located.table;
	return sets
		? columns.flatMap((name) => findNamed(fields, name).items)
		: fields.filter((field) => isWritable(located, field));
}

/** The rows of the table under one of its names in the statement. */
interface Reading {
	readonly digests: Map<string, string>;
	digest(cells: Row["cells"]): string;
}

function openReading(located: Located, fields: readonly Field[]): Reading {
	const look = lookOf(
		located,
		fields.map(({ id }) => id),
	);
	const none = new Set<string>();
	return {
		digests: new Map(),
		digest: (cells) =>
			digestOf(look({ kind: "update", cells: {} }, cells), none),
	};
}

/** Is it one and the same table? */
export function isSame(one: Located, other: Located): boolean {
	const [left, right] = [one.table.ref, other.table.ref];
	return (
		one.connection.name === other.connection.name &&
		left.base === right.base &&
		left.table === right.table
	);
}
