import { readFileSync } from "node:fs";
import { slug } from "./emoji.js";
import type { FusionFake } from "./index.js";
import type { Field, Row, Settings, Table } from "./model.js";
import { colorNumber, typeNamed } from "./settings.js";
import { newField } from "./tables.js";

/* A table that the vendor's own server held, and what that server answered to filters over it. */

type Property = Readonly<Record<string, unknown>>;

export interface MeasuredField {
	readonly id: string;
	readonly name: string;
	readonly type: string;
	readonly property?: Property;
	readonly editable: boolean;
	readonly isPrimary?: boolean;
}

export interface MeasuredRecord {
	readonly recordId: string;
	readonly fields: Readonly<Record<string, unknown>>;
}

interface Measured {
	readonly fields: readonly MeasuredField[];
	readonly records: readonly MeasuredRecord[];
	/** By record, formulas that were asked when it, or its file, was not there. */
	readonly unseen: Readonly<Record<string, readonly string[]>>;
	/** By formula, the numbers of the records that came back. */
	readonly filters: ReadonlyMap<string, readonly number[]>;
}

export const MEASURED_TABLE = "dstMeasured";

/** Where the recorded addresses of files lead. */
export const MEASURED_STORAGE = "http://127.0.0.1:38081/oss";

/** The recorded table and answers. */
export function measuredAnswers(): Measured {
	const { filters, ...rest } = JSON.parse(
		readFileSync(
			new URL("../../fixtures/fusion/filters.json", import.meta.url),
			"utf8",
		),
	) as Omit<Measured, "filters"> & {
		readonly filters: Readonly<Record<string, string>>;
	};
	return {
		...rest,
		filters: new Map(
			Object.entries(filters).map(([formula, rows]) => [
				formula,
				numbersOf(rows),
			]),
		),
	};
}

/** `0-2,7` as 0, 1, 2 and 7. */
function numbersOf(rows: string): readonly number[] {
	return rows
		.split(",")
		.filter((part) => part !== "")
		.flatMap((part) => {
			const [first, last = first] = part.split("-").map(Number) as [
				number,
				number?,
			];
			return Array.from(
				{ length: last - first + 1 },
				(_, index) => first + index,
			);
		});
}

/** The people of the recorded cells, by the ids that their cells held. */
const PEOPLE = [
	{
		id: "1200000000000000001",
		unitId: "0298841168b3a381d47bf5bd7ea350ax",
		name: "Olga Owner",
	},
	{
		id: "1200000000000000002",
		unitId: "e27d60558825bafc0127dec1b9accd3x",
		uuid: "d9fd98f9e7128b092023cb839e9a0129",
		name: "Edi Editor",
	},
	{
		id: "1200000000000000003",
		unitId: "ritareaderunitritareaderunitrit1",
		name: "Rita Reader",
	},
	{
		id: "1200000000000000004",
		unitId: "2ab453f76d73d378f62b240b9e878fcx",
		uuid: "a79bc74e47f5358cf76e6d31df95a6bf",
		name: "Sam Seeder",
	},
	{
		id: "1200000000000000006",
		unitId: "90228cf48dabfe1b1a7f6e6c499b3d3x",
		name: "Sam Seeder",
	},
] as const;

const TEAM = {
	id: "1400000000000000001",
	unitId: "teamblueunitteamblueunitteamblu1",
	name: "Team Blue",
};

/**
 * The records that the recorded cells link to. Their own cells are those that the recorded lookups show; whose the one
 * number and the one date of "O'Neil" and "日本" are is not recorded.
 */
const CUSTOMERS: readonly (readonly [string, Property])[] = [
	[
		"rect9740F6SYp",
		{ Name: "Acme", Score: 77, Labels: ["vip"], Since: 1_749_081_600_000 },
	],
	["rec9a4zpzpCRj", { Name: "Brace {x}", Score: 7.5, Labels: ["vip"] }],
	[
		"recwXNPgfjnmN",
		{
			Name: "Bolt",
			Score: 1.5,
			Labels: ["vip", "a, b"],
			Since: 1_738_713_600_000,
		},
	],
	[
		"recWcNkrD9Tk0",
		{ Name: 'O\'Neil "Q"', Score: 12, Since: 1_743_811_200_000 },
	],
	["recVonmcVNvEo", { Name: "日本" }],
	["recycOCuJdg74", { Name: "Comma, Inc", Score: 6 }],
	["rectF7ouYHUwr", { Name: "Main customer" }],
];

/** The moment when the recorded records were made. */
const MADE_MS = 1_795_779_847_095;

/** Puts the recorded table and its people into a fake. */
export function addMeasured(fake: FusionFake): void {
	const { fields, records, unseen } = measuredAnswers();
	for (const person of PEOPLE) fake.addPerson({ ...person, permission: 1 });
	for (const { id } of [...PEOPLE, TEAM])
		if (!fake.store.units.has(id)) fake.addTeam(TEAM);
	for (const unit of fake.store.units.values())
		if (PEOPLE.some(({ id }) => id === unit.id)) unit.avatar = "";
	for (const user of fake.store.users.values())
		if (PEOPLE.some((person) => "uuid" in person && person.uuid === user.uuid))
			user.avatar = "";
	addCustomers(fake, fields);
	fake.addTable({ name: "Measured", id: MEASURED_TABLE, fields: [] });
	const table = fake.store.tables.get(MEASURED_TABLE) as Table;
	for (const field of fields) addField(fake, table, field);
	addFiles(fake, records);
	const written = fields.filter(
		({ editable, type }) => editable && type !== "Button",
	);
	fake.addRecords(
		MEASURED_TABLE,
		records.map(({ fields: cells }) =>
			Object.fromEntries(
				written
					.filter(({ id }) => id in cells)
					.map(({ id, type }) => [id, sent(type, cells[id])]),
			),
		),
		{
			ids: records.map(({ recordId }) => recordId),
			by: "a79bc74e47f5358cf76e6d31df95a6bf",
			atMs: (index) => momentOf(records[index], fields, "CreatedTime"),
		},
	);
	for (const record of records) {
		const row = table.rows.get(record.recordId) as Row;
		const editedMs = momentOf(record, fields, "LastModifiedTime");
		row.modifiedMs = editedMs;
		row.modifiedBy = row.createdBy;
		row.updatedMs = Math.max(row.updatedMs, editedMs);
	}
	for (const field of table.fields.values()) keepPeople(field, fields);
	for (const [recordId, formulas] of Object.entries(unseen))
		for (const formula of formulas)
			table.unseen.set(formula, new Set([recordId]));
}

function momentOf(
	record: MeasuredRecord | undefined,
	fields: readonly MeasuredField[],
	type: "CreatedTime" | "LastModifiedTime",
): number {
	const cell = (wanted: string) =>
		record?.fields[fields.find((field) => field.type === wanted)?.id ?? ""];
	return Number(cell(type) ?? cell("CreatedTime") ?? MADE_MS);
}

function addCustomers(fake: FusionFake, fields: readonly MeasuredField[]) {
	const foreign = "dstgUYOQIKXQCoEctd";
	fake.addTable({ name: "Customers", id: foreign, fields: [] });
	const table = fake.store.tables.get(foreign) as Table;
	const looked = fields.flatMap(({ property }) => {
		const entity = property?.entityField as
			| { readonly field: MeasuredField }
			| undefined;
		return entity === undefined ? [] : [entity.field];
	});
	for (const field of new Map(looked.map((each) => [each.id, each])).values())
		addField(fake, table, field);
	fake.addRecords(
		foreign,
		CUSTOMERS.map(([, cells]) => cells),
		{ ids: CUSTOMERS.map(([id]) => id) },
	);
}

/** A column as its recorded answer shows it, with its id and those of its options. */
function addField(fake: FusionFake, table: Table, field: MeasuredField): void {
	const type = typeNamed(field.type);
	if (type === undefined) throw new Error(`no column type ${field.type}`);
	const settings = settingsOf(field);
	const made = newField(fake.store, table, {
		id: field.id,
		name: field.name,
		type,
		settings,
	});
	const twin = settings.brotherFieldId;
	if (twin === undefined || twin === made.settings.brotherFieldId) return;
	const other = fake.store.tables.get(settings.foreignDatasheetId ?? "");
	const placed = other?.fields.get(made.settings.brotherFieldId ?? "");
	if (other === undefined || placed === undefined) return;
	other.fields.delete(placed.id);
	other.fields.set(twin, { ...placed, id: twin });
	made.settings.brotherFieldId = twin;
}

function settingsOf({ property = {} }: MeasuredField): Settings {
	const {
		format,
		icon,
		options,
		entityField: _,
		valueType: _type,
		hasError: _error,
		...rest
	} = property;
	const [dateFormat, timeFormat] =
		typeof format === "string" ? format.split(" ") : [];
	const named = (options ?? []) as readonly {
		readonly id: string;
		readonly name: string;
		readonly color?: { readonly name: string };
	}[];
	return {
		...(rest as Settings),
		...(dateFormat === undefined ? {} : { dateFormat }),
		...(timeFormat === undefined ? {} : { timeFormat }),
		...(typeof icon === "string" ? { icon: slug(icon) } : {}),
		...(typeof format === "object" ? { format } : {}),
		...(named.some(({ color }) => color !== undefined)
			? {
					options: named.map(({ id, name, color }, index) => ({
						id,
						name,
						color: colorNumber(color?.name, index),
					})),
				}
			: {}),
	};
}

/** Whom a column ever held, in the recorded order, which may be more than who is in it. */
function keepPeople(field: Field, fields: readonly MeasuredField[]): void {
	const kept = {
		Member: field.usedUnits,
		CreatedBy: field.usedUsers,
		LastModifiedBy: field.usedUsers,
	}[field.type as string];
	const property = fields.find(({ id }) => id === field.id)?.property;
	kept?.clear();
	for (const { id } of (property?.options ?? []) as readonly { id: string }[])
		kept?.add(id);
}

function addFiles(fake: FusionFake, records: readonly MeasuredRecord[]): void {
	for (const cell of records.flatMap(({ fields }) => Object.values(fields)))
		for (const item of Array.isArray(cell) ? cell : []) {
			const { token, name, mimeType, size } = item as {
				readonly token?: string;
				readonly name: string;
				readonly mimeType: string;
				readonly size: number;
			};
			if (token !== undefined)
				fake.addAttachment({
					token,
					name,
					mimeType,
					bytes: Buffer.alloc(size),
				});
		}
}

/** A recorded cell as a write that the server keeps: an address without the empty favicon that a read shows. */
function sent(type: string, cell: unknown): unknown {
	if (type !== "URL") return cell;
	const { text, title } = cell as { text: string; title: string };
	return { text, title };
}
