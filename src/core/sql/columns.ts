import { nameOfColumn } from "../contract/condition.js";
import type { Field, SystemColumn } from "../contract/field.js";
import type { SqlColumn, SqlTable, SqlValue } from "../contract/sql.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { asciiLower } from "../values/names.js";
import { cellOf } from "../values/values.js";
import { partsOf, type UNREAD, type Zones } from "./cells.js";

/** A column of SQL, and where its values come from. */
export interface SourceColumn extends SqlColumn {
	/** Undefined: the record's own id. */
	readonly from: Field | SystemColumn | undefined;
	readonly needsTexts: boolean;
	/** As of `Part`. */
	readonly isListText: boolean;
	/** What tells the items of a list text apart, if there is such a column. */
	readonly listColumn: string | undefined;
	read(row: Row, zones: Zones): SqlValue | typeof UNREAD;
}

/** A table as a statement sees it. */
export interface SourceTable extends SqlTable {
	readonly columns: readonly SourceColumn[];
	/** Columns that are not called as they would be, because another one is: in words. */
	readonly renamed: readonly string[];
}

/** Columns that are not fields, as statements name them. */
const OF_RECORDS: readonly (readonly [
	name: string,
	column: SystemColumn | undefined,
])[] = [
	["_id", undefined],
	["_created_at", "$created_at"],
	["_updated_at", "$updated_at"],
];

/**
 * The fields by their names, then what is made of them. A name that differs from an earlier one in the case of ASCII
 * letters only is the same to SQL: of fields the later ones get ` (2)`, what is made steps aside with `_2`.
 */
export function sourceTable(
	as: string,
	{ table, adapter }: Pick<Located, "table" | "adapter">,
): SourceTable {
	const taken = new Set<string>();
	const renamed: string[] = [];
	const named = (name: string, next: (count: number) => string) => {
		let free = name;
		for (let count = 2; taken.has(asciiLower(free)); count++)
			free = next(count);
		taken.add(asciiLower(free));
		if (free !== name) renamed.push(`"${name}" is "${free}" in ${as}`);
		return free;
	};
	const fields = table.fields.map((field) => {
		const name = inSql(nameOfColumn(field));
		return { field, name: named(name, (count) => `${name} (${count})`) };
	});
	const made = (name: string) => named(name, (count) => `${name}_${count}`);
	const records = OF_RECORDS.filter(
		([, column]) =>
			column === undefined || adapter.systemColumns.includes(column),
	).map(([name, column]): SourceColumn => {
		const [part] = column === undefined ? [] : partsOf(column);
		return {
			name: made(name),
			type: "TEXT",
			from: column,
			needsTexts: false,
			isListText: false,
			listColumn: undefined,
			read: (row, zones) =>
				column === undefined || part === undefined
					? row.id
					: part.read(cellOf(row, column), zones),
		};
	});
	const parts = fields.map(({ field, name }) => {
		const named = partsOf(field).map((part) => ({
			part,
			name: part.suffix === "" ? name : made(name + part.suffix),
		}));
		const listColumn = named.find(
			({ part: { suffix } }) => suffix === "_ids" || suffix === "_list",
		)?.name;
		return named.map(
			({ part, name }): SourceColumn => ({
				name,
				type: part.type,
				from: field,
				needsTexts: part.needsTexts,
				isListText: part.isListText,
				listColumn,
				read: (row, zones) => part.read(cellOf(row, field), zones),
			}),
		);
	});
	return {
		as,
		// As people read a table: what a field is, then what is made of it.
		columns: [...records.slice(0, 1), ...parts.flat(), ...records.slice(1)],
		renamed,
	};
}

/** SQL ends a name at a zero character. */
function inSql(name: string): string {
	return name.replaceAll("\u0000", "\uFFFD");
}
