import { fieldType, isComputed } from "./fields.js";
import type {
	AttachmentItem,
	Cell,
	Choice,
	Field,
	Row,
	Sheet,
} from "./model.js";
import { refusals } from "./refusal.js";
import { signedLink } from "./signed-links.js";
import type { Store } from "./store.js";

/** Says that a value does not fit its field. */
class Unfit extends Error {}

export interface ValueContext {
	readonly store: Store;
	readonly sheet: Sheet;
	readonly field: Field;
	/** What the client addressed: links to files point there. */
	readonly origin: string;
}

interface Codec {
	/** The value to store, or null for an empty cell. Changes nothing. @throws Unfit */
	parse(value: unknown, context: ValueContext): Cell | null;
	/** Last step of a write, once the whole batch is known to be good. */
	settle?(cell: Cell, context: ValueContext): Cell | null;
	show(cell: Cell, context: ValueContext): unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
	typeof value === "object" && value !== null && !Array.isArray(value);
const itself = (cell: Cell) => cell;

function listed(value: unknown): readonly unknown[] {
	if (!Array.isArray(value)) throw new Unfit();
	return value;
}

const text: Codec = {
	parse(value) {
		if (typeof value !== "string") throw new Unfit();
		return value === "" ? null : value;
	},
	show: itself,
};

/** A decimal text without exponent. */
function decimal(value: number): string {
	const printed = String(value);
	return printed.includes("e")
		? value.toLocaleString("en-US", {
				useGrouping: false,
				maximumFractionDigits: 20,
			})
		: printed;
}

const number: Codec = {
	parse(value) {
		if (typeof value === "number" && Number.isFinite(value))
			return decimal(value);
		if (typeof value !== "string") throw new Unfit();
		const given = value.trim();
		if (given === "") return null;
		if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(given)) throw new Unfit();
		return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(given)
			? given
			: decimal(Number(given));
	},
	show: (cell, { store }) =>
		store.switches.numbersAs === "string" ? cell : Number(cell),
};

const plainNumber: Codec = {
	parse(value) {
		if (typeof value !== "number" || !Number.isFinite(value)) throw new Unfit();
		return value;
	},
	show: itself,
};

/** An option that exists by id, or a name that may not exist yet. */
type Pick = { readonly id: string } | { readonly name: string };

const choicesOf = (field: Field): readonly Choice[] =>
	field.property?.choices ?? [];

function picked(
	value: unknown,
	{ store, field }: ValueContext,
): Pick | undefined {
	if (typeof value !== "string") throw new Unfit();
	if (value === "") return undefined;
	const { switches } = store;
	const known =
		choicesOf(field).find(({ name }) => name === value) ??
		(switches.writeByOptionId
			? choicesOf(field).find(({ id }) => id === value)
			: undefined);
	if (known !== undefined) return { id: known.id };
	if (switches.unknownOption === "reject") throw new Unfit();
	return switches.unknownOption === "ignore" ? undefined : { name: value };
}

function optionId(pick: Pick, { store, field }: ValueContext): string {
	if ("id" in pick) return pick.id;
	const known = choicesOf(field).find(({ name }) => name === pick.name);
	if (known !== undefined) return known.id;
	const made = { id: store.identifiers.next(10), name: pick.name };
	field.property = {
		...field.property,
		choices: [...choicesOf(field), made],
	};
	return made.id;
}

const shownOption = (id: Cell, { field }: ValueContext) => {
	const choice = choicesOf(field).find((each) => each.id === id);
	return { id, name: choice?.name };
};

const DATE_TEXT =
	/^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?(Z|[-+]\d{2}:?\d{2})?$/;

/** Milliseconds of a date text; without zone it is local to `zoneHours`. Undefined: no date. */
export function dateTextMs(
	value: string,
	zoneHours: number,
): number | undefined {
	const match = DATE_TEXT.exec(value.trim());
	if (match === null) return undefined;
	const [, year, month, day, hour, minute, second, fraction, zone] = match;
	const utcMs = Date.UTC(
		Number(year),
		Number(month) - 1,
		Number(day),
		Number(hour ?? 0),
		Number(minute ?? 0),
		Number(second ?? 0),
		Number((fraction ?? "").padEnd(3, "0")),
	);
	const made = new Date(utcMs);
	if (made.getUTCMonth() + 1 !== Number(month)) return undefined;
	if (zone === undefined) return utcMs - zoneHours * 3_600_000;
	if (zone === "Z") return utcMs;
	const [hours, minutes] = [zone.slice(1, 3), zone.slice(-2)];
	const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
	return zone.startsWith("-") ? utcMs + offsetMs : utcMs - offsetMs;
}

const limited = (ids: readonly string[], field: Field): Cell | null => {
	if (ids.length > 1 && field.property?.multiple === false) throw new Unfit();
	return ids.length === 0 ? null : [...new Set(ids)];
};

function unionIdOf(value: unknown, { store }: ValueContext): string {
	if (!isObject(value)) throw new Unfit();
	for (const key of store.switches.userKeys) {
		const given = value[key];
		if (typeof given !== "string") continue;
		const unionId = key === "unionId" ? given : store.userIds.get(given);
		if (unionId === undefined || !store.users.has(unionId)) throw new Unfit();
		return unionId;
	}
	throw new Unfit();
}

const links: Codec = {
	parse(value, { sheet, field }) {
		if (!isObject(value)) throw new Unfit();
		const there = sheet.base.sheets.get(field.property?.linkedSheetId ?? "");
		const ids = listed(value.linkedRecordIds).map((id) => {
			if (typeof id !== "string" || there?.rows.has(id) !== true)
				throw new Unfit();
			return id;
		});
		return limited(ids, field);
	},
	show(cell, { sheet, field }) {
		const there = sheet.base.sheets.get(field.property?.linkedSheetId ?? "");
		return {
			linkedRecordIds: (cell as readonly string[]).filter((id) =>
				there?.rows.has(id),
			),
		};
	},
};

/** The word that the vendor shows for a file; its sample calls an xlsx file `xls`. */
function fileWord(filename: string): string {
	const extension = /\.([^.]+)$/.exec(filename)?.[1]?.toLowerCase() ?? "";
	return { xlsx: "xls", docx: "doc", pptx: "ppt" }[extension] ?? extension;
}

/** The item behind a link that a read gave, if the switch `attachmentReadBack` takes it. */
function readBack(
	value: Fields,
	{ store, sheet }: ValueContext,
): AttachmentItem | undefined {
	if (store.switches.attachmentReadBack === "reject") return undefined;
	const { filename, size, type, url } = value as Readonly<
		Record<string, string>
	> & { size: number };
	const id = /\/files\/download\/([^/?]+)/.exec(String(url))?.[1];
	const resource = store.resources.get(id ?? "");
	if (resource?.docId !== sheet.base.id) return undefined;
	return {
		filename: `${filename}`,
		size,
		type: `${type}`,
		resourceId: resource.id,
	};
}

function attachmentItem(value: unknown, context: ValueContext): AttachmentItem {
	const { store, sheet } = context;
	if (!isObject(value)) throw new Unfit();
	const again = readBack(value, context);
	if (again !== undefined) return again;
	const { filename, size, type, url, resourceId } = value;
	const resource = store.resources.get(String(resourceId));
	if (
		typeof filename !== "string" ||
		typeof size !== "number" ||
		typeof type !== "string" ||
		resource === undefined ||
		resource.bytes === undefined ||
		resource.docId !== sheet.base.id ||
		resource.url !== url
	)
		throw new Unfit();
	return { filename, size, type, resourceId: resource.id };
}

const shownAttachment = (item: AttachmentItem, context: ValueContext) => ({
	filename: item.filename,
	size: item.size,
	type: fileWord(item.filename) || item.type,
	url:
		item.resourceId === undefined
			? item.url
			: signedLink(context.store, context.origin, "download", item.resourceId),
});

const object = (...keys: readonly string[]): Codec => ({
	parse(value) {
		if (!isObject(value) || keys.some((key) => value[key] === undefined))
			throw new Unfit();
		return value;
	},
	show: itself,
});

const readOnly: Codec = {
	parse: itself,
	show: itself,
};

const CODECS: Readonly<Record<string, Codec>> = {
	text,
	number,
	currency: number,
	singleSelect: {
		parse: (value, context) => picked(value, context) ?? null,
		settle: (cell, context) => optionId(cell as Pick, context),
		show: shownOption,
	},
	multipleSelect: {
		parse(value, context) {
			const picks = listed(value).flatMap(
				(each) => picked(each, context) ?? [],
			);
			return picks.length === 0 ? null : picks;
		},
		settle: (cell, context) => [
			...new Set((cell as Pick[]).map((pick) => optionId(pick, context))),
		],
		show: (cell, context) =>
			(cell as string[]).map((id) => shownOption(id, context)),
	},
	date: {
		parse(value, { store }) {
			if (typeof value === "number" && Number.isInteger(value)) return value;
			if (typeof value !== "string") throw new Unfit();
			if (value === "") return null;
			const { dateText, dateTextZone } = store.switches;
			const ms =
				dateText === "accept" ? dateTextMs(value, dateTextZone) : undefined;
			if (ms === undefined) throw new Unfit();
			return ms;
		},
		show: itself,
	},
	user: {
		parse: (value, context) =>
			limited(
				listed(value).map((each) => unionIdOf(each, context)),
				context.field,
			),
		show: (cell) => (cell as string[]).map((unionId) => ({ unionId })),
	},
	department: {
		parse: (value, { store, field }) =>
			limited(
				listed(value).map((each) => {
					const id = isObject(each) ? String(each.deptId) : "";
					if (!store.departments.has(Number(id))) throw new Unfit();
					return id;
				}),
				field,
			),
		show: (cell) => (cell as string[]).map((deptId) => ({ deptId })),
	},
	attachment: {
		parse(value, context) {
			const items = listed(value).map((each) => attachmentItem(each, context));
			return items.length === 0 ? null : items;
		},
		show: (cell, context) =>
			(cell as AttachmentItem[]).map((item) => shownAttachment(item, context)),
	},
	unidirectionalLink: links,
	bidirectionalLink: links,
	url: {
		parse(value) {
			if (!isObject(value) || typeof value.link !== "string") throw new Unfit();
			const { link, text: shown = link } = value;
			if (typeof shown !== "string") throw new Unfit();
			return link === "" ? null : { text: shown, link };
		},
		show: itself,
	},
	progress: {
		parse(value, context) {
			const given = plainNumber.parse(value, context) as number;
			if (given < 0 || given > 1) throw new Unfit();
			return given;
		},
		show: itself,
	},
	rating: {
		parse(value, { field }) {
			const { min, max } = field.property as { min: number; max: number };
			if (
				!Number.isInteger(value) ||
				(value as number) < min ||
				(value as number) > max
			)
				throw new Unfit();
			return value;
		},
		show: itself,
	},
	checkbox: {
		parse(value) {
			if (typeof value !== "boolean") throw new Unfit();
			return value;
		},
		show: itself,
	},
	richText: {
		parse(value, { store }) {
			if (
				typeof value === "string" &&
				store.switches.richTextString === "accept"
			)
				return { markdown: value };
			if (!isObject(value) || typeof value.markdown !== "string")
				throw new Unfit();
			return value.markdown === "" ? null : { markdown: value.markdown };
		},
		show: itself,
	},
	telephone: text,
	email: text,
	barcode: text,
	idCard: text,
	geolocation: object("address", "name", "location"),
	group: {
		parse(value) {
			const groups = listed(value);
			if (
				!groups.every((each) => isObject(each) && typeof each.cid === "string")
			)
				throw new Unfit();
			return groups.length === 0 ? null : groups;
		},
		show: itself,
	},
	primaryDoc: object(),
};

const codecOf = (field: Field): Codec => CODECS[field.type] ?? readOnly;

/** What a record's cell becomes: a value, nothing, or no change at all. */
export type Pending =
	| { readonly action: "store"; readonly cell: Cell }
	| { readonly action: "clear" }
	| { readonly action: "keep" };

/**
 * Checks one value of a record without any effect. `isSeed` allows read-only columns, whose value is stored as given.
 * @throws Refusal 400, or what the switches `wrongValue`, `readOnlyField` and `nullValue` say
 */
export function pending(
	value: unknown,
	context: ValueContext,
	isSeed = false,
): Pending {
	const { store, field } = context;
	const { switches } = store;
	const bad = () =>
		switches.wrongValue === "internalError"
			? refusals.internalError()
			: refusals.badInput(
					`the value '${typeof value === "string" ? value : JSON.stringify(value)}' is invalid for field '${field.name}'`,
				);
	if (!isSeed) {
		if (isComputed(field)) {
			if (switches.readOnlyField === "ignore") return { action: "keep" };
			throw refusals.badInput(`the field '${field.name}' is read-only`);
		}
		if (fieldType(field.type)?.isDocumented !== true) {
			if (switches.undocumentedWrites === "ignore") return { action: "keep" };
			if (switches.undocumentedWrites === "reject") throw bad();
		}
	}
	if (value === null || value === undefined) {
		if (switches.nullValue === "reject" && !isSeed) throw bad();
		return { action: switches.nullValue === "ignore" ? "keep" : "clear" };
	}
	try {
		const cell = codecOf(field).parse(value, context);
		return cell === null ? { action: "clear" } : { action: "store", cell };
	} catch (error) {
		if (error instanceof Unfit) throw bad();
		throw error;
	}
}

/** The cell to store; new options come into being here. */
export function settled(
	change: Pending & { action: "store" },
	context: ValueContext,
): Cell | null {
	const { settle } = codecOf(context.field);
	return settle === undefined ? change.cell : settle(change.cell, context);
}

type Automatic = (row: Row, store: Store) => unknown;
const person = (unionId: string, store: Store) =>
	store.switches.personCell === "array" ? [{ unionId }] : { unionId };
const AUTOMATIC: Readonly<Record<string, Automatic>> = {
	creator: (row, store) => person(row.createdBy, store),
	lastModifier: (row, store) => person(row.modifiedBy, store),
	createdTime: (row) => row.createdMs,
	lastModifiedTime: (row) => row.modifiedMs,
};

/** A cell as it is read; undefined where it is empty. */
function shownCell(row: Row, context: ValueContext): unknown {
	const { field, store } = context;
	const automatic = AUTOMATIC[field.type];
	if (automatic !== undefined) return automatic(row, store);
	const cell = row.cells.get(field.id);
	return cell === undefined ? undefined : codecOf(field).show(cell, context);
}

/** The `fields` of a record, keyed by name, of the given columns. */
export function shownFields(
	row: Row,
	fields: readonly Field[],
	store: Store,
	sheet: Sheet,
	origin: string,
): Record<string, unknown> {
	const shown: Record<string, unknown> = {};
	for (const field of fields) {
		const value = shownCell(row, { store, sheet, field, origin });
		if (value !== undefined) shown[field.name] = value;
		else if (store.switches.emptyCells === "null") shown[field.name] = null;
	}
	return shown;
}
