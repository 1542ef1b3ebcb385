import { compile, type Formula, type FormulaField } from "./formula/compile.js";
import { FormulaFault } from "./formula/lexer.js";
import {
	ErrorValue,
	notANumber,
	scalar,
	type Value,
	type ValueType,
} from "./formula/value.js";
import { rollup, rollupTypes } from "./lookup.js";
import type {
	AttachmentCell,
	Cell,
	Field,
	FieldType,
	Row,
	Settings,
	Table,
	Unit,
	UrlCell,
} from "./model.js";
import {
	currencyText,
	numberText,
	percentText,
	plainNumber,
} from "./numbers.js";
import { fieldNamed, primaryField, type Store } from "./store.js";
import { formatDate } from "./zone.js";

/** What the answer to a write shows differently from what is stored. */
export interface Echo {
	/** Member units that the server's copy knows; others are left out. */
	readonly units: ReadonlySet<string>;
	/** Cells by column that are shown though the save skipped them. */
	readonly skipped: Map<Row, Map<string, UrlCell>>;
}

/** How cells are looked at: whose answer, and where its attachment links point. */
export interface Sight {
	readonly store: Store;
	readonly table: Table;
	/** The origin of attachment URLs. */
	readonly origin: string;
	/** In the echo of a write. */
	readonly echo?: Echo;
}

interface CellReader {
	/** The cell of cellFormat=json; undefined: the key is absent. */
	json(row: Row, field: Field, sight: Sight): unknown;
	/** The cell of cellFormat=string; undefined: the key is absent. */
	text(row: Row, field: Field, sight: Sight): string | undefined;
	type: ValueType | ((field: Field, sight: Sight) => ValueType);
	/** The cell inside a formula. */
	value(row: Row, field: Field, sight: Sight): Value;
	link?: true;
}

const cell = (row: Row, field: Field): Cell | undefined =>
	row.cells.get(field.id);

const textReader: CellReader = {
	json: (row, field) => cell(row, field),
	text: (row, field) => cell(row, field) as string | undefined,
	type: "String",
	value: (row, field) => (cell(row, field) as string | undefined) ?? null,
};

function numberReader(
	text: (value: number, settings: Settings) => string,
): CellReader {
	return {
		json: (row, field) => cell(row, field),
		text(row, field) {
			const value = cell(row, field) as number | undefined;
			return value === undefined ? undefined : text(value, field.settings);
		},
		type: "Number",
		value: (row, field) => (cell(row, field) as number | undefined) ?? null,
	};
}

function dateText(
	ms: number,
	settings: Settings,
	sight: Pick<Sight, "store">,
): string {
	const format = displayFormat(settings).replace("hh:mm", "hh:mm A");
	return formatDate(ms, format, sight.store.zone);
}

/** `YYYY-MM-DD HH:mm`: the date format, and the time format where the time is shown. */
export function displayFormat(settings: Settings): string {
	const date = settings.dateFormat ?? "YYYY/MM/DD";
	return settings.includeTime
		? `${date} ${settings.timeFormat ?? "HH:mm"}`
		: date;
}

function timeReader(
	moment: (row: Row, field: Field) => number | null,
): CellReader {
	return {
		json: (row, field) => moment(row, field) ?? undefined,
		text(row, field, sight) {
			const ms = moment(row, field);
			return ms === null ? undefined : dateText(ms, field.settings, sight);
		},
		type: "DateTime",
		value: moment,
	};
}

function listReader<Item>(
	list: (row: Row, field: Field, sight: Sight) => readonly Item[],
	json: (item: Item, sight: Sight) => unknown,
	text: (item: Item, sight: Sight) => string,
): CellReader {
	return {
		json(row, field, sight) {
			const found = list(row, field, sight);
			return found.length === 0
				? undefined
				: found.map((item) => json(item, sight));
		},
		text(row, field, sight) {
			const found = list(row, field, sight);
			return found.length === 0
				? undefined
				: found.map((item) => text(item, sight)).join(", ");
		},
		type: "Array",
		value(row, field, sight) {
			const found = list(row, field, sight);
			return found.length === 0 ? null : found.map((item) => text(item, sight));
		},
	};
}

const optionName = (field: Field, id: string): string =>
	field.settings.options?.find((option) => option.id === id)?.name ?? "";

const selectReader: CellReader = {
	json(row, field) {
		const id = cell(row, field) as string | undefined;
		return id === undefined ? undefined : optionName(field, id);
	},
	text: (row, field, sight) =>
		selectReader.json(row, field, sight) as string | undefined,
	type: "String",
	value: (row, field, sight) =>
		(selectReader.json(row, field, sight) as string | undefined) ?? null,
};

const multiSelectReader = listReader<string>(
	(row, field) =>
		((cell(row, field) as readonly string[] | undefined) ?? []).map((id) =>
			optionName(field, id),
		),
	(name) => name,
	(name) => name,
);

const memberReader = listReader<Unit>(
	(row, field, sight) =>
		((cell(row, field) as readonly string[] | undefined) ?? []).flatMap(
			(id) => {
				if (sight.echo !== undefined && !sight.echo.units.has(id)) return [];
				return sight.store.units.get(id) ?? [];
			},
		),
	(unit) => ({
		id: unit.id,
		unitId: unit.unitId,
		type: unit.type,
		name: unit.name,
		avatar: unit.avatar,
	}),
	(unit) => unit.name,
);

/** Ids of linked records that still exist. */
export function linkedIds(
	row: Row,
	field: Field,
	store: Store,
): readonly string[] {
	const ids = cell(row, field) as readonly string[] | undefined;
	if (ids === undefined) return [];
	const rows = store.tables.get(field.settings.foreignDatasheetId ?? "")?.rows;
	return rows === undefined ? [] : ids.filter((id) => rows.has(id));
}

function titleOf(id: string, field: Field, sight: Sight): string {
	const table = sight.store.tables.get(field.settings.foreignDatasheetId ?? "");
	const row = table?.rows.get(id);
	if (table === undefined || row === undefined) return "";
	const primary = primaryField(table);
	const there: Sight = { store: sight.store, table, origin: sight.origin };
	return readers[primary.type].text(row, primary, there) ?? "";
}

const linkReader: CellReader = {
	json(row, field, sight) {
		const ids = linkedIds(row, field, sight.store);
		return ids.length === 0 ? undefined : ids;
	},
	text(row, field, sight) {
		const ids = linkedIds(row, field, sight.store);
		return ids.length === 0
			? undefined
			: ids.map((id) => titleOf(id, field, sight)).join(", ");
	},
	type: "Array",
	link: true,
	value(row, field, sight) {
		const ids = linkedIds(row, field, sight.store);
		return ids.length === 0 ? null : ids.map((id) => titleOf(id, field, sight));
	},
};

const attachmentUrl = (token: string, sight: Sight) =>
	`${sight.store.switches.storageOrigin ?? sight.origin}/${token}`;

export function attachmentJson(
	item: Pick<AttachmentCell, "name" | "token">,
	sight: Sight,
): Record<string, unknown> {
	const asset = sight.store.assets.get(item.token);
	return {
		name: item.name,
		size: asset?.bytes?.length ?? 0,
		mimeType: asset?.mimeType ?? "application/octet-stream",
		token: item.token,
		...(asset?.width === undefined ? {} : { width: asset.width }),
		...(asset?.height === undefined ? {} : { height: asset.height }),
		url: attachmentUrl(item.token, sight),
	};
}

const attachmentReader = listReader<AttachmentCell>(
	(row, field) =>
		(cell(row, field) as readonly AttachmentCell[] | undefined) ?? [],
	(item, sight) => ({ id: item.id, ...attachmentJson(item, sight) }),
	(item, sight) => `${item.name} (${attachmentUrl(item.token, sight)})`,
);

const urlReader: CellReader = {
	json(row, field, sight) {
		const url =
			sight.echo?.skipped.get(row)?.get(field.id) ??
			(cell(row, field) as UrlCell | undefined);
		return url && { title: url.title, text: url.text, favicon: url.favicon };
	},
	text(row, field) {
		const url = cell(row, field) as UrlCell | undefined;
		return url?.text ?? "";
	},
	type: "String",
	value(row, field) {
		const url = cell(row, field) as UrlCell | undefined;
		return url?.text ?? null;
	},
};

const checkboxReader: CellReader = {
	json: (row, field) => cell(row, field),
	text: (row, field) => (cell(row, field) === true ? "1" : "0"),
	type: "Boolean",
	value: (row, field) => cell(row, field) === true,
};

function userReader(
	user: (row: Row, field: Field) => string | null,
): CellReader {
	const found = (row: Row, field: Field, sight: Sight) =>
		sight.store.users.get(user(row, field) ?? "");
	return {
		json(row, field, sight) {
			const person = found(row, field, sight);
			return (
				person && {
					id: person.uuid,
					name: person.name,
					avatar: person.avatar,
				}
			);
		},
		text: (row, field, sight) => found(row, field, sight)?.name,
		type: "String",
		value: (row, field, sight) => found(row, field, sight)?.name ?? null,
	};
}

function lastTouch(
	row: Row,
	field: Field,
): { ms: number; by: string } | undefined {
	if (field.settings.collectType !== 1)
		return row.modifiedMs === null
			? undefined
			: { ms: row.modifiedMs, by: row.modifiedBy ?? "" };
	let last: { ms: number; by: string } | undefined;
	for (const id of field.settings.fieldIdCollection ?? []) {
		const touch = row.touched.get(id);
		if (touch && (last === undefined || touch.ms > last.ms)) last = touch;
	}
	return last;
}

/** The compiled formula of a column; null: its expression is broken. References are by id only. */
export function formulaOf(field: Field, sight: Sight): Formula<Row> | null {
	const { table } = sight;
	const known = table.formulas.get(field.id);
	if (known !== undefined) return known;
	let made: Formula<Row> | null = null;
	table.formulas.set(field.id, null);
	const plain: Sight = { store: sight.store, table, origin: sight.origin };
	try {
		made = compileFor(field.settings.expression ?? "", plain, (name) =>
			table.fields.get(name),
		);
	} catch (error) {
		if (!(error instanceof FormulaFault)) throw error;
	}
	table.formulas.set(field.id, made);
	return made;
}

/** A formula over the rows of the table in sight. @throws FormulaFault */
function compileFor(
	source: string,
	sight: Sight,
	find: (name: string) => Field | undefined,
): Formula<Row> {
	const { store } = sight;
	return compile<Row>(source, {
		zone: store.zone,
		now: () => store.clock.now(),
		recordId: (row) => row.id,
		createdMs: (row) => row.createdMs,
		modifiedMs: (row) => row.modifiedMs,
		field(name) {
			const field = find(name);
			return field === undefined ? undefined : formulaField(field, sight);
		},
	});
}

/** A formula of a request: columns by name or id. */
export function compileFilter(source: string, sight: Sight): Formula<Row> {
	return compileFor(
		source,
		sight,
		(name) => sight.table.fields.get(name) ?? fieldNamed(sight.table, name),
	);
}

function formulaField(field: Field, sight: Sight): FormulaField<Row> {
	const reader = readers[field.type];
	const type =
		typeof reader.type === "function" ? reader.type(field, sight) : reader.type;
	return {
		type,
		...(reader.link ? { link: true } : {}),
		value: (row) => reader.value(row, field, sight),
		text: (row) => reader.text(row, field, sight) ?? "",
	};
}

/** The server answers computed numbers with sixteen significant digits (measured on quotients). */
const computedNumber = (value: number) => Number(value.toPrecision(16));

/** The formula's result; columns that depend on themselves are an error. */
function formulaValue(row: Row, field: Field, sight: Sight): Value {
	const formula = formulaOf(field, sight);
	if (formula === null) return null;
	try {
		return formula.run(row);
	} catch (error) {
		if (error instanceof RangeError) return notANumber();
		throw error;
	}
}

interface ComputedFormat {
	readonly type?: string;
	readonly format?: Settings;
}

/** A computed scalar as shown: by the column's own format, else plainly. */
function computedText(
	value: Value,
	type: ValueType,
	format: unknown,
	sight: Pick<Sight, "store">,
): string | undefined {
	const single = scalar(value);
	if (single === null) return undefined;
	if (single instanceof ErrorValue) return single.message;
	const chosen = format as ComputedFormat | undefined;
	if (typeof single === "number") {
		if (type === "DateTime")
			return dateText(single, chosen?.format ?? {}, sight);
		const settings = chosen?.format ?? {};
		if (chosen?.type === "Percent") return percentText(single, settings);
		if (chosen?.type === "Currency") return currencyText(single, settings);
		if (chosen?.type === "Number") return numberText(single, settings);
		return plainNumber(computedNumber(single));
	}
	if (typeof single === "boolean") return single ? "1" : "0";
	return single;
}

function computedJson(value: Value): unknown {
	if (value === null) return undefined;
	if (value instanceof ErrorValue) return { message: value.message };
	return typeof value === "number" ? computedNumber(value) : value;
}

const formulaReader: CellReader = {
	json(row, field, sight) {
		const value = formulaValue(row, field, sight);
		// As an unset checkbox (measured).
		return value === false ? undefined : computedJson(value);
	},
	text: (row, field, sight) =>
		computedText(
			formulaValue(row, field, sight),
			formulaOf(field, sight)?.type ?? "String",
			field.settings.format,
			sight,
		),
	type: (field, sight) => formulaOf(field, sight)?.type ?? "String",
	value: formulaValue,
};

/** The two columns that a lookup goes through, as far as they still exist. */
export function lookupPath(
	field: Field,
	sight: Sight,
): { link: Field; target: Field; there: Sight } | undefined {
	const link = sight.table.fields.get(field.settings.relatedLinkFieldId ?? "");
	const table = sight.store.tables.get(link?.settings.foreignDatasheetId ?? "");
	const target = table?.fields.get(field.settings.targetFieldId ?? "");
	if (link === undefined || table === undefined || target === undefined)
		return undefined;
	const there = { store: sight.store, table, origin: sight.origin };
	return { link, target, there };
}

/** The linked rows' cells, one level flat; undefined: nothing is linked. */
function lookedUp<Item>(
	row: Row,
	field: Field,
	sight: Sight,
	read: (
		row: Row,
		target: Field,
		there: Sight,
	) => Item | readonly Item[] | undefined,
): Item[] | undefined {
	const path = lookupPath(field, sight);
	if (path === undefined) return undefined;
	let ids = linkedIds(row, path.link, sight.store);
	if (ids.length === 0) return undefined;
	if (field.settings.lookUpLimit === "FIRST") ids = ids.slice(0, 1);
	return ids.flatMap((id) => {
		const linked = path.there.table.rows.get(id);
		const found = linked && read(linked, path.target, path.there);
		return found === undefined || found === null
			? []
			: (found as Item | readonly Item[]);
	});
}

/** Rollups whose cell is a list of the linked cells' own values, also where `valueType` says String (measured). */
const isList = (field: Field) =>
	["VALUES", "ARRAYJOIN", "CONCATENATE"].includes(
		field.settings.rollupFunction ?? "VALUES",
	);

const isValues = (field: Field) =>
	(field.settings.rollupFunction ?? "VALUES") === "VALUES";

function lookupValue(row: Row, field: Field, sight: Sight): Value {
	const list = lookedUp<number | string | boolean>(
		row,
		field,
		sight,
		(linked, target, there) => {
			const shape = formulaField(target, there);
			const value = shape.value(linked);
			if (isValues(field) && shape.type === "DateTime" && value !== null)
				return shape.text(linked);
			if (value === null) return undefined;
			return value instanceof ErrorValue
				? value.message
				: (value as number | string | boolean);
		},
	);
	if (list === undefined) return null;
	return rollup(field.settings.rollupFunction ?? "VALUES", list);
}

const lookupReader: CellReader = {
	json(row, field, sight) {
		if (!isList(field)) return computedJson(lookupValue(row, field, sight));
		const list = lookedUp<unknown>(
			row,
			field,
			sight,
			(linked, target, there) =>
				readers[target.type].json(linked, target, there) as unknown,
		);
		return list === undefined || list.length === 0 ? undefined : list;
	},
	text(row, field, sight) {
		if (!isValues(field))
			return computedText(
				lookupValue(row, field, sight),
				rollupTypes[field.settings.rollupFunction ?? ""] ?? "String",
				field.settings.format,
				sight,
			);
		const list = lookedUp<string>(row, field, sight, (linked, target, there) =>
			readers[target.type].text(linked, target, there),
		);
		return list === undefined || list.length === 0
			? undefined
			: list.join(", ");
	},
	type: (field) => rollupTypes[field.settings.rollupFunction ?? ""] ?? "Array",
	value: lookupValue,
};

const nothing: CellReader = {
	json: () => undefined,
	text: () => undefined,
	type: "String",
	value: () => null,
};

/** How every type of column reads. */
export const readers: Readonly<Record<FieldType, CellReader>> = {
	SingleText: textReader,
	Text: textReader,
	Email: textReader,
	Phone: textReader,
	Cascader: textReader,
	URL: urlReader,
	Number: numberReader(numberText),
	Currency: numberReader(currencyText),
	Percent: numberReader(percentText),
	Rating: numberReader(String),
	SingleSelect: selectReader,
	MultiSelect: multiSelectReader,
	DateTime: timeReader(
		(row, field) => (cell(row, field) as number | undefined) ?? null,
	),
	Attachment: attachmentReader,
	Checkbox: checkboxReader,
	Member: memberReader,
	TwoWayLink: linkReader,
	OneWayLink: linkReader,
	MagicLookUp: lookupReader,
	Formula: formulaReader,
	AutoNumber: {
		json: (row, field) => row.numbers.get(field.id),
		text: (row, field) => row.numbers.get(field.id)?.toString(),
		type: "Number",
		value: (row, field) => row.numbers.get(field.id) ?? null,
	},
	CreatedTime: timeReader((row) => row.createdMs),
	LastModifiedTime: timeReader(
		(row, field) => lastTouch(row, field)?.ms ?? null,
	),
	CreatedBy: userReader((row) => row.createdBy),
	LastModifiedBy: userReader((row, field) => lastTouch(row, field)?.by ?? null),
	Button: nothing,
	WorkDoc: nothing,
};

/** The order of a select column is that of its options, an empty cell after the last (measured descending). */
function optionRanks(row: Row, field: Field): number[] {
	const stored = cell(row, field);
	const ids = stored === undefined ? [] : [stored].flat();
	const options = field.settings.options ?? [];
	return ids.map((id) => options.findIndex((option) => option.id === id));
}

/** Ascending order of two rows by one column; empty cells first, but last for selects. */
export function comparator(
	field: Field,
	sight: Sight,
): (a: Row, b: Row) => number {
	if (field.type === "SingleSelect" || field.type === "MultiSelect")
		return (a, b) => {
			const [left, right] = [optionRanks(a, field), optionRanks(b, field)];
			if (left.length === 0 || right.length === 0)
				return (left.length === 0 ? 1 : 0) - (right.length === 0 ? 1 : 0);
			for (let index = 0; ; index++) {
				const [one, two] = [left[index], right[index]];
				if (one === undefined || two === undefined)
					return left.length - right.length;
				if (one !== two) return one - two;
			}
		};
	const collator = new Intl.Collator("zh-CN");
	const reader = formulaField(field, sight);
	const key = (row: Row) => {
		const single = scalar(reader.value(row));
		return single instanceof ErrorValue ? single.message : single;
	};
	return (a, b) => {
		const [left, right] = [key(a), key(b)];
		const empty = (value: unknown) => value === null || value === false;
		if (empty(left) || empty(right))
			return (empty(left) ? 0 : 1) - (empty(right) ? 0 : 1);
		if (typeof left === "string" && typeof right === "string")
			return collator.compare(left, right);
		return Number(left) - Number(right);
	};
}

/** One record's `fields` as an answer shows them. */
export function shownFields(
	row: Row,
	fields: Iterable<Field>,
	sight: Sight,
	key: "name" | "id",
	format: "json" | "string",
): Record<string, unknown> {
	const shown: Record<string, unknown> = {};
	for (const field of fields) {
		const reader = readers[field.type];
		const value =
			format === "string"
				? reader.text(row, field, sight)
				: reader.json(row, field, sight);
		if (value !== undefined)
			shown[key === "id" ? field.id : field.name] = value;
	}
	return shown;
}
