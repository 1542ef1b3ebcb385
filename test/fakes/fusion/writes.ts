import type {
	AttachmentCell,
	Cell,
	Field,
	FieldType,
	Row,
	Table,
	Unit,
	UrlCell,
} from "./model.js";
import { crash, type Refusal, tip } from "./refusal.js";
import type { Store } from "./store.js";
import { parseDate } from "./zone.js";

/**
 * A value that passed validation: the cell (null clears), option names that may have to be made first, or a cell that
 * the answer shows and the save skips, because it breaks the server's schema of cells (measured).
 */
export type Pending =
	| { readonly cell: Cell | null; readonly named?: readonly string[] }
	| { readonly options: readonly string[]; readonly single: boolean }
	| { readonly skipped: UrlCell };

/** Validates one written value. `given` is never null for writable types. @throws Refusal */
type CellWriter = (given: unknown, field: Field, store: Store) => Pending;

const wrong = (field: Field, text: string): Refusal =>
	tip(`field:${field.name} ${text}`);

const set = (cell: Cell | null): Pending => ({ cell });

function text(label: string): CellWriter {
	return (given, field) => {
		if (typeof given !== "string")
			throw wrong(field, `${label} field value must be string`);
		return set(given === "" ? null : given);
	};
}

function number(label: string): CellWriter {
	return (given, field) => {
		if (typeof given !== "number")
			throw wrong(field, `${label} field value must be a number`);
		return set(Number.isFinite(given) ? given + 0 : null);
	};
}

const url: CellWriter = (given, field) => {
	if (typeof given === "string")
		return set(
			given === "" ? null : { title: given, text: given, favicon: "" },
		);
	if (typeof given !== "object" || given === null || Array.isArray(given))
		throw wrong(field, "URL field value must be string");
	const { text, title, favicon } = given as Record<string, unknown>;
	if (!text) throw tip(`${field.name} must contain text keys`);
	const cell: UrlCell = {
		title: isFilled(title) ? title : String(text),
		text: String(text),
		favicon: isFilled(favicon) ? favicon : "",
	};
	const fits =
		typeof text === "string" &&
		[title, favicon].every((part) => part === undefined || isFilled(part));
	return fits ? set(cell) : { skipped: cell };
};

/** The schema of URL cells takes a title and a favicon only as texts that are not empty. */
const isFilled = (part: unknown): part is string =>
	typeof part === "string" && part !== "";

const rating: CellWriter = (given, field) => {
	if (typeof given !== "number")
		throw wrong(field, "Rating field value must be a number");
	const bound = "(only supports 0, 1, 2, 3, 4, or 5)";
	if (given > (field.settings.max ?? 5))
		throw tip(`Rating field value can't be greater than 5 ${bound}`);
	if (given < 0)
		throw tip(`Rating field value can't be smaller than 0 ${bound}`);
	return set(given === 0 ? null : given);
};

const checkbox: CellWriter = (given, field) => {
	if (typeof given !== "boolean")
		throw wrong(field, "Checkbox field value must be boolean");
	return set(given || null);
};

const single: CellWriter = (given, field) => {
	if (typeof given !== "string")
		throw wrong(field, "Single Select field value must be string");
	return { options: given === "" ? [] : [given], single: true };
};

const multiple: CellWriter = (given, field) => {
	if (!Array.isArray(given))
		throw wrong(field, "Multiple Select field value must be array");
	for (const item of given)
		if (typeof item !== "string")
			throw wrong(field, "Multiple Select field value must be string");
	return {
		options: (given as string[]).filter((name) => name !== ""),
		single: false,
	};
};

/** The largest moment a date can be. */
const LAST_MS = 8.64e15;

/**
 * Dates: a text's wall-clock digits (in UTC where it carries an offset) are read again in the server's zone.
 * A number is first tried as the text that it spells, so that 0 is the year 2000 and 2024 that year.
 */
const date: CellWriter = (given, field, store) => {
	const refusal = () =>
		wrong(field, "Date field value must be a UTC or timestamp");
	if (typeof given === "number") {
		const spelled = new Date(String(given));
		const digits = Number.isNaN(spelled.getTime())
			? undefined
			: parseDate(String(given), store.zone)?.digits;
		if (digits !== undefined) return set(store.zone.instant(digits));
		return set(Math.abs(given) > LAST_MS ? null : Math.trunc(given));
	}
	if (typeof given !== "string") throw refusal();
	const parsed = parseDate(given, store.zone);
	if (parsed === undefined) throw refusal();
	return set(store.zone.instant(parsed.digits));
};

const attachment: CellWriter = (given, _field, store) => {
	if (!Array.isArray(given)) throw tip("Attachment type must be array");
	const cells = (given as unknown[]).map((item): AttachmentCell => {
		const { token, name } = (
			typeof item === "object" && item !== null ? item : {}
		) as Record<string, unknown>;
		if (!token) throw tip("Attachment token can't be null");
		if (!name) throw tip("Attachment name can't be null");
		if (store.assets.get(String(token))?.bytes === undefined)
			throw tip("The attachment specified by the token does not exist");
		return {
			id: store.identifiers.next("atc"),
			token: String(token),
			name: String(name),
		};
	});
	return set(cells.length === 0 ? null : cells);
};

const UNIT_TYPES: Readonly<Record<string, Unit["type"]>> = {
	Member: "Member",
	Team: "Team",
	3: "Member",
	1: "Team",
};

const member: CellWriter = (given, field, store) => {
	if (!Array.isArray(given))
		throw wrong(field, "Member field value must be array");
	const named: string[] = [];
	const ids = (given as unknown[]).map((item) => {
		if (item === null || item === undefined)
			throw crash(`Cannot read properties of ${item} (reading 'id')`);
		const unit = item as Record<string, unknown>;
		if (unit.id !== undefined) {
			if (typeof unit.id !== "string")
				throw wrong(field, "Member ID must be string\n");
			const found = store.units.get(unit.id);
			if (found === undefined || found.type === "Role") throw noUnit("ID");
			return found.id;
		}
		if (unit.unitId !== undefined) {
			const found = store.unitsByUnitId.get(String(unit.unitId));
			if (found?.type !== "Member") throw noUnit("ID");
			return found.id;
		}
		if (!unit.name) throw tip("Member name can't be null");
		const type = UNIT_TYPES[String(unit.type)];
		if (type === undefined) throw tip("Member type can't be null");
		for (const known of store.units.values())
			if (known.name === unit.name && known.type === type) {
				named.push(known.id);
				return known.id;
			}
		throw noUnit("Name");
	});
	if (field.settings.isMulti === false && ids.length > 1)
		throw tip("The Member field was set to receive one unit only");
	return { cell: ids.length === 0 ? null : ids, named };
};

const noUnit = (by: "ID" | "Name") =>
	tip(`The unit specified by the unit ${by} does not exist`);

const link: CellWriter = (given, field, store) => {
	if (!Array.isArray(given))
		throw wrong(field, "Link field value must be array");
	if (given.length === 0)
		throw wrong(field, "recordId value can't be empty array or null");
	if (given.length > 1 && field.settings.limitSingleRecord)
		throw wrong(field, "The Link field was set to receive one recordId only");
	const there = store.tables.get(field.settings.foreignDatasheetId ?? "");
	const ids = (given as unknown[]).map((item) => {
		if (typeof item === "object" && item !== null && "recordId" in item)
			throw crash("SERVER_ERROR ({value})");
		const id = String(item ?? "");
		if (!there?.rows.has(id))
			throw tip(
				`The linked field specifies a record (${id}) that does not exist`,
			);
		return id;
	});
	return set(ids);
};

function computed(label: string): CellWriter {
	return () => {
		throw tip(`${label} field can't be edited`);
	};
}

const cascader: CellWriter = (given, field) => {
	if (typeof given !== "string")
		throw wrong(field, "Single Select field value must be string");
	const last = given.slice(given.lastIndexOf("/") + 1);
	return set(last === "" ? null : last);
};

/** How every type of column is written. */
const writers: Readonly<Record<FieldType, CellWriter>> = {
	SingleText: text("Single Select"),
	Text: text("Text"),
	Email: text("Email"),
	Phone: text("Phone"),
	URL: url,
	Number: number("Number"),
	Currency: number("Currency"),
	Percent: number("Percent"),
	Rating: rating,
	Checkbox: checkbox,
	SingleSelect: single,
	MultiSelect: multiple,
	DateTime: date,
	Attachment: attachment,
	Member: member,
	TwoWayLink: link,
	OneWayLink: link,
	Cascader: cascader,
	MagicLookUp: computed("Lookup"),
	Formula: computed("Formula"),
	AutoNumber: computed("Autonumber"),
	CreatedTime: computed("Created Time"),
	LastModifiedTime: computed("Last Edited Time"),
	CreatedBy: computed("Created By"),
	LastModifiedBy: computed("Last Edited By"),
	Button: () => {
		throw crash("Cannot read properties of undefined (reading 'name')");
	},
	WorkDoc: computed("WorkDoc"),
};

/** Types whose cells nobody writes. */
export const computedTypes: ReadonlySet<FieldType> = new Set([
	"MagicLookUp",
	"Formula",
	"AutoNumber",
	"CreatedTime",
	"LastModifiedTime",
	"CreatedBy",
	"LastModifiedBy",
	"Button",
	"WorkDoc",
]);

/** Validates one value for one column. null clears a writable cell and is refused for a computed one. @throws Refusal */
export function pending(given: unknown, field: Field, store: Store): Pending {
	if (given === null && !computedTypes.has(field.type)) return set(null);
	return writers[field.type](given, field, store);
}

/** Option names of a pending value that the column does not have. */
export function unknownOptions(value: Pending, field: Field): string[] {
	if (!("options" in value)) return [];
	const known = new Set(field.settings.options?.map(({ name }) => name));
	return [...new Set(value.options)].filter((name) => !known.has(name));
}

/** The cell of a pending value, null where the save skips it; unknown options are added to the column. */
export function settled(
	value: Pending,
	field: Field,
	store: Store,
): Cell | null {
	if ("skipped" in value) return null;
	if (!("options" in value)) return value.cell;
	const options = field.settings.options ?? [];
	const ids = value.options.map((name) => {
		const known = options.find((option) => option.name === name);
		if (known !== undefined) return known.id;
		const id = store.identifiers.next("opt");
		options.push({ id, name, color: options.length % 10 });
		return id;
	});
	field.settings.options = options;
	if (value.single) return ids[0] ?? null;
	return ids.length === 0 ? null : ids;
}

/** The values that columns give to a new record where the request names none. */
export function defaultCell(field: Field, store: Store): Cell | null {
	const { settings } = field;
	switch (field.type) {
		case "SingleText":
			return (settings.defaultValue as string | undefined) || null;
		case "Number":
		case "Currency":
		case "Percent": {
			const given = settings.defaultValue;
			if (given === undefined || given === "") return null;
			const value = Number(given);
			return Number.isFinite(value) ? value : null;
		}
		case "SingleSelect":
		case "MultiSelect": {
			const wanted = [settings.defaultValue ?? []].flat();
			const ids = wanted.flatMap(
				(name) =>
					settings.options?.find((option) => option.name === name)?.id ?? [],
			);
			if (ids.length === 0) return null;
			return field.type === "SingleSelect" ? (ids[0] ?? null) : ids;
		}
		case "DateTime":
			return settings.autoFill ? store.clock.now() : null;
		default:
			return null;
	}
}

/** Writes a cell and, for a two-way link, its twin. Returns whether anything changed. */
export function writeCell(
	store: Store,
	table: Table,
	row: Row,
	field: Field,
	cell: Cell | null,
	by: string,
): boolean {
	const before = row.cells.get(field.id) ?? null;
	if (sameCell(before, cell)) return false;
	if (cell === null) row.cells.delete(field.id);
	else row.cells.set(field.id, cell);
	const now = store.clock.now();
	touch(table, row, field, now, by);
	if (field.type === "Member" && cell !== null)
		for (const id of cell as readonly string[]) {
			field.usedUnits.add(id);
			table.usedUnits.add(id);
		}
	if (Array.isArray(cell) && new Set(cell).size < cell.length)
		store.repeating.add(cell);
	if (field.type === "TwoWayLink")
		twin(
			store,
			field,
			row.id,
			(before ?? []) as readonly string[],
			(cell ?? []) as readonly string[],
			by,
		);
	return true;
}

function touch(
	table: Table,
	row: Row,
	field: Field,
	now: number,
	by: string,
): void {
	row.updatedMs = now;
	row.modifiedMs = now;
	row.modifiedBy = by;
	let collects = false;
	for (const watcher of table.fields.values()) {
		if (watcher.type === "LastModifiedBy") watcher.usedUsers.add(by);
		collects ||= watcher.settings.collectType === 1;
	}
	if (collects) row.touched.set(field.id, { ms: now, by });
}

/** Adds and takes away this record in the other side's cells. */
function twin(
	store: Store,
	field: Field,
	recordId: string,
	before: readonly string[],
	after: readonly string[],
	by: string,
): void {
	const table = store.tables.get(field.settings.foreignDatasheetId ?? "");
	const brother = table?.fields.get(field.settings.brotherFieldId ?? "");
	if (table === undefined || brother === undefined) return;
	const now = store.clock.now();
	const there = (id: string) => {
		const row = table.rows.get(id);
		if (row !== undefined) touch(table, row, brother, now, by);
		return row;
	};
	// The list of the other side is this side's own and changes in place: a record with many links stays cheap.
	for (const id of new Set(after)) {
		if (before.includes(id)) continue;
		const row = there(id);
		const ids = row?.cells.get(brother.id) as string[] | undefined;
		if (ids === undefined) row?.cells.set(brother.id, [recordId]);
		else ids.push(recordId);
	}
	for (const id of new Set(before)) {
		if (after.includes(id)) continue;
		const row = there(id);
		const ids = row?.cells.get(brother.id) as string[] | undefined;
		if (ids === undefined) continue;
		for (let at = ids.indexOf(recordId); at >= 0; ) {
			ids.splice(at, 1);
			at = store.repeating.has(ids) ? ids.indexOf(recordId, at) : -1;
		}
		if (ids.length === 0) row?.cells.delete(brother.id);
	}
}

export function sameCell(a: Cell | null, b: Cell | null): boolean {
	if (a === b) return true;
	if (a === null || b === null || typeof a !== "object") return false;
	return JSON.stringify(comparable(a)) === JSON.stringify(comparable(b));
}

/** Attachments are the same by token and name: their entry ids are new in every write. */
function comparable(cell: Cell): unknown {
	if (!Array.isArray(cell)) return cell;
	return cell.map((item: string | AttachmentCell) =>
		typeof item === "string" ? item : [item.token, item.name],
	);
}
