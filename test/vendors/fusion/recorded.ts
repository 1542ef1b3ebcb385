import { readFileSync } from "node:fs";
import type { Clock } from "../../../src/core/contract/clock.js";
import {
	createFusionFake,
	type FusionFake,
	type SeedField,
} from "../../fakes/fusion/index.js";

/* What the vendor's own server was seen to do, and a fake that holds the same tables. */

export interface ValueVector {
	readonly fieldType: string;
	readonly property?: unknown;
	readonly write?: unknown;
	readonly writeRaw?: string;
	readonly accepted: boolean;
	readonly readPresent?: boolean;
	readonly read?: unknown;
}

interface Values {
	readonly _about: {
		readonly attachmentToken: string;
		readonly foreign: {
			readonly datasheetId: string;
			readonly records: readonly { recordId: string; Title: string }[];
		};
	};
	readonly vectors: readonly ValueVector[];
}

export interface FormulaVector {
	readonly table: string;
	readonly formula: string;
	readonly template?: string;
	/** Rows that the template means, found without the vendor. */
	readonly wanted?: readonly number[];
	readonly exact?: boolean;
	readonly nowMs?: number;
}

interface Formulas {
	readonly _about: {
		readonly linked: {
			readonly datasheetId: string;
			readonly records: Readonly<Record<string, string>>;
		};
	};
	readonly tables: Readonly<
		Record<
			string,
			{
				readonly fields: readonly (SeedField & { readonly id: string })[];
				readonly rows: readonly Record<string, unknown>[];
				readonly read: readonly Record<string, unknown>[];
				readonly recordIds: readonly string[];
				readonly nowMsWhenMade?: number;
			}
		>
	>;
	readonly vectors: readonly FormulaVector[];
}

function recorded<Content>(name: string): Content {
	return JSON.parse(
		readFileSync(
			new URL(`../../fixtures/fusion/${name}.json`, import.meta.url),
			"utf8",
		),
	) as Content;
}

/** The people of the recorded server. */
function addPeople(fake: FusionFake): void {
	fake.addPerson({
		name: "Owner One",
		id: "1631185151234567001",
		unitId: "unitowner01",
		uuid: "uuidowner00000000000000000000001",
		isAdmin: true,
	});
	fake.addPerson({
		name: "Reader Two",
		id: "1631185151234567002",
		unitId: "unitreader2",
		permission: 3,
	});
	fake.addTeam({
		name: "Design team",
		id: "1631185151234567004",
		unitId: "unitdesign1",
	});
}

const title = { name: "Title", type: "SingleText", property: {} } as const;

function recordedFake(clock: Pick<Clock, "now">): FusionFake {
	const fake = createFusionFake({
		clock,
		switches: {
			callsPerSecond: Number.POSITIVE_INFINITY,
			storageOrigin: "https://s1.example.invalid",
		},
	});
	addPeople(fake);
	return fake;
}

/** The value vectors, and a fake whose table `table` can hold a column for each. */
export function recordedValues(clock: Pick<Clock, "now">) {
	const { _about, vectors } = recorded<Values>("values");
	const fake = recordedFake(clock);
	fake.addAttachment({
		name: "a.txt",
		bytes: Buffer.from("hello vendor"),
		token: _about.attachmentToken,
	});
	const { datasheetId, records } = _about.foreign;
	fake.addTable({ name: "Linked", id: datasheetId, fields: [title] });
	fake.addRecords(
		datasheetId,
		records.map(({ Title }) => ({ Title })),
		{ ids: records.map(({ recordId }) => recordId) },
	);
	const table = fake.addTable({ name: "Values", fields: [title] });
	return { fake, table, vectors };
}

/** The formula vectors, and a fake with the tables that they name. */
export function recordedFormulas() {
	const { _about, tables, vectors } = recorded<Formulas>("formulas");
	let nowMs = 0;
	const clock = { now: () => nowMs };
	const fake = recordedFake(clock);
	fake.addTable({
		name: "FLinked",
		id: _about.linked.datasheetId,
		fields: [title],
	});
	fake.addRecords(
		_about.linked.datasheetId,
		Object.values(_about.linked.records).map((Title) => ({ Title })),
		{ ids: Object.keys(_about.linked.records) },
	);
	for (const token of new Set(
		JSON.stringify(tables).match(/space\/\d{4}\/\d\d\/\d\d\/[0-9a-f]{32}/g),
	))
		fake.addAttachment({
			name: "a.txt",
			bytes: Buffer.from("hello vendor"),
			token,
		});
	const ids = new Map<string, string>();
	for (const [name, table] of Object.entries(tables)) {
		const id = fake.addTable({ name, fields: table.fields });
		ids.set(name, id);
		for (const [index, row] of table.rows.entries()) {
			nowMs = Number(
				table.read[index]?.Made ?? table.nowMsWhenMade ?? 1_795_210_690_000,
			);
			fake.addRecords(id, [row], {
				ids: [table.recordIds[index] ?? ""],
				by: "uuidowner00000000000000000000001",
			});
		}
	}
	return {
		fake,
		tables,
		vectors,
		idOf: (name: string) => ids.get(name) ?? "",
		/** Moves the clock to when a vector was asked. */
		at(vector: FormulaVector) {
			nowMs =
				vector.nowMs ??
				tables[vector.table]?.nowMsWhenMade ??
				1_795_210_700_000;
			return nowMs;
		},
	};
}
