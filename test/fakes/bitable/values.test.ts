import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { fakeClient } from "./client.js";
import { type BitableSwitches, createBitableFake } from "./index.js";

const DATE = Date.UTC(2026, 10, 19, 16);

function set(switches: Partial<BitableSwitches> = {}) {
	const clock = virtualClock();
	const fake = createBitableFake({
		clock,
		switches: { limits: "new", twoWayLinks: "written", ...switches },
	});
	const li = fake.addPerson({
		name: "李雷",
		enName: "Lei Li",
		email: "li@corp.com",
	});
	const chat = fake.addChat({ name: "Group" });
	const base = fake.addBase({ name: "Base" });
	const other = fake.addTable(base, {
		name: "Other",
		fields: [{ name: "Name", type: 1 }],
	});
	const [one = "", two = ""] = fake.addRecords(other, [
		{ Name: "One" },
		{ Name: "Two" },
	]);
	const file = fake.addMedia(base, {
		name: "a.png",
		bytes: Buffer.from("png"),
	});
	const table = fake.addTable(base, {
		name: "All",
		fields: [
			{ name: "Text", type: 1 },
			{ name: "Barcode", type: 1, uiType: "Barcode" },
			{ name: "Email", type: 1, uiType: "Email" },
			{ name: "Number", type: 2 },
			{
				name: "Single",
				type: 3,
				property: { options: [{ name: "A" }, { name: "B", color: 5 }] },
			},
			{ name: "Multi", type: 4, property: { options: [{ name: "x" }] } },
			{ name: "Date", type: 5 },
			{ name: "Check", type: 7 },
			{ name: "User", type: 11 },
			{ name: "Phone", type: 13 },
			{ name: "Url", type: 15 },
			{ name: "Files", type: 17 },
			{ name: "Link", type: 18, property: { table_id: other } },
			{
				name: "Duplex",
				type: 21,
				property: { table_id: other, back_field_name: "Back" },
			},
			{ name: "Place", type: 22 },
			{ name: "Chat", type: 23 },
			{
				name: "Double",
				type: 20,
				property: { formula_expression: "CurrentValue.[Number]*2" },
			},
			{
				name: "Hello",
				type: 20,
				property: {
					formula_expression: 'CONCATENATE("Hello ",CurrentValue.[Text])',
				},
			},
			{ name: "Names", type: 19, lookup: { link: "Link", field: "Name" } },
			{ name: "Created", type: 1001 },
			{ name: "Modified", type: 1002 },
			{ name: "Creator", type: 1003 },
			{ name: "Modifier", type: 1004 },
			{
				name: "Serial",
				type: 1005,
				property: {
					auto_serial: {
						type: "custom",
						options: [
							{ type: "fixed_text", value: "REC-" },
							{ type: "created_time", value: "yyyy" },
							{ type: "fixed_text", value: "-" },
							{ type: "system_number", value: "4" },
						],
					},
				},
			},
			{ name: "Stage", type: 24 },
			{ name: "Button", type: 3001 },
		],
	});
	const call = fakeClient(fake, clock);
	const T = `/open-apis/bitable/v1/apps/${base}/tables/${table}`;
	return { clock, fake, base, other, table, call, T, li, chat, one, two, file };
}

type World = ReturnType<typeof set>;

const written = ({ li, chat, one, two, file }: World) => ({
	Text: "hello",
	Barcode: "FS0001",
	Email: "a@b.c",
	Number: 2323.2,
	Single: "A",
	Multi: ["x", "new"],
	Date: DATE,
	Check: true,
	User: [{ id: li.openId }],
	Phone: "+8613800000000",
	Url: { text: "t", link: "https://example.com" },
	Files: [{ file_token: file }],
	Link: [one, two],
	Duplex: [two],
	Place: "116.397755,39.903179",
	Chat: [{ id: chat.id }],
});

test("a write answers what was written, a search reads it in the new shapes", () => {
	const world = set();
	const { call, T, li, chat, one, two, file, fake } = world;
	const fields = written(world);
	const made = call("POST", `${T}/records`, { fields });
	const id = made.data.record.record_id as string;
	expect(made.data.record).toEqual({ fields, id, record_id: id });
	const person = {
		id: li.openId,
		name: "李雷",
		en_name: "Lei Li",
		email: "li@corp.com",
		avatar_url: expect.any(String),
	};
	const bot = expect.objectContaining({ id: fake.app.bot, name: "Tables app" });
	const shown = {
		Text: [{ type: "text", text: "hello" }],
		Barcode: [{ type: "text", text: "FS0001" }],
		Email: [{ type: "url", text: "a@b.c", link: "mailto:a@b.c" }],
		Number: 2323.2,
		Single: "A",
		Multi: ["x", "new"],
		Date: DATE,
		Check: true,
		User: [person],
		Phone: "+8613800000000",
		Url: { text: "t", link: "https://example.com" },
		Files: [
			{
				file_token: file,
				name: "a.png",
				size: 3,
				type: "image/png",
				url: expect.stringMatching(
					`^http://fake/open-apis/drive/v1/medias/${file}/download\\?extra=`,
				),
				tmp_url: expect.stringContaining("batch_get_tmp_download_url"),
			},
		],
		Link: { link_record_ids: [one, two] },
		Duplex: { link_record_ids: [two] },
		Place: {
			location: "116.397755,39.903179",
			pname: "",
			cityname: "",
			adname: "",
			address: expect.any(String),
			name: expect.any(String),
			full_address: expect.any(String),
		},
		Chat: [{ id: chat.id, name: "Group", avatar_url: expect.any(String) }],
		Double: { type: 2, value: [4646.4] },
		Hello: { type: 1, value: [{ type: "text", text: "Hello hello" }] },
		Names: {
			type: 1,
			value: [
				{ type: "text", text: "One" },
				{ type: "text", text: "Two" },
			],
		},
		Created: expect.any(Number),
		Modified: expect.any(Number),
		Creator: [bot],
		Modifier: [bot],
		Serial: "REC-2026-0001",
	};
	expect(call("POST", `${T}/records/search`, {}).data.items).toEqual([
		{ record_id: id, fields: shown },
	]);
	expect(
		call("POST", `${T}/records/batch_get`, { record_ids: [id] }).data.records,
	).toEqual([{ record_id: id, fields: shown }]);
});

test("list and get read it in the legacy shapes", () => {
	const world = set();
	const { call, T, one, two, other, fake } = world;
	const id = call("POST", `${T}/records`, { fields: written(world) }).data
		.record.record_id;
	const [item] = call("GET", `${T}/records`).data.items;
	expect(item).toMatchObject({ record_id: id, id });
	expect(item.fields).toMatchObject({
		Text: "hello",
		Barcode: "FS0001",
		Email: "a@b.c",
		Number: "2323.2",
		Link: [
			{
				record_ids: [one, two],
				table_id: other,
				text: "One,Two",
				text_arr: ["One", "Two"],
				type: "text",
			},
		],
		Duplex: [{ record_ids: [two], text: "Two" }],
		Double: [{ text: "4646.4", type: "text" }],
		Names: [{ text: "One,Two", type: "text" }],
		Creator: { id: fake.app.bot },
		Modifier: { id: fake.app.bot },
	});
	const array = call(
		"GET",
		`${T}/records/${id}?text_field_as_array=true&display_formula_ref=true&automatic_fields=true&with_shared_url=true`,
	).data.record;
	expect(array).toMatchObject({
		fields: {
			Text: [{ type: "text", text: "hello" }],
			Double: [4646.4],
			Number: "2323.2",
		},
		record_url: expect.any(String),
		created_time: expect.any(Number),
		last_modified_by: { id: fake.app.bot },
	});
	fake.set({ legacyGetNumbers: "number", legacyEmpty: "null" });
	const [blank] = fake.addRecords(world.table, [{}]);
	expect(call("GET", `${T}/records/${id}`).data.record.fields.Number).toBe(
		2323.2,
	);
	expect(call("GET", `${T}/records/${blank}`).data.record.fields).toMatchObject(
		{ Text: null, Check: null },
	);
});

test("empty cells are left out, empty links are an empty object, null and empty lists clear", () => {
	const world = set();
	const { call, T, table, fake } = world;
	const id = call("POST", `${T}/records`, { fields: written(world) }).data
		.record.record_id;
	const cleared = Object.fromEntries(
		Object.keys(written(world)).map((name) => [name, null]),
	);
	expect(call("PUT", `${T}/records/${id}`, { fields: cleared }).code).toBe(0);
	const [row] = fake.rows(table);
	expect(Object.keys(row?.fields ?? {}).sort()).toEqual(
		[
			"Created",
			"Creator",
			"Double",
			"Duplex",
			"Hello",
			"Link",
			"Modified",
			"Modifier",
			"Serial",
		].sort(),
	);
	expect(row?.fields).toMatchObject({ Link: {}, Duplex: {} });
	call("PUT", `${T}/records/${id}`, {
		fields: { Check: false, Multi: [], Link: [], Text: "" },
	});
	expect(fake.rows(table)[0]?.fields).toMatchObject({ Check: false, Link: {} });
	expect(fake.rows(table)[0]?.fields).not.toHaveProperty("Multi");
});

const bad: readonly (readonly [string, unknown, number])[] = [
	["Text", 1, 1254060],
	["Barcode", ["x"], 1254060],
	["Number", "1", 1254061],
	["Single", ["A"], 1254062],
	["Single", 1, 1254062],
	["Multi", "x", 1254063],
	["Multi", Array.from({ length: 1_001 }, (_, index) => `o${index}`), 1254063],
	["Date", "2026-11-20", 1254064],
	["Date", 1.5, 1254064],
	["Check", "true", 1254065],
	["User", [{ id: "ou_unknown" }], 1254066],
	["User", "ou_unknown", 1254066],
	["Chat", [{ id: "oc_unknown" }], 1254066],
	["Phone", "12-34", 1254072],
	["Phone", "1".repeat(65), 1254072],
	["Url", "https://example.com", 1254068],
	["Files", [{ file_token: 1 }], 1254069],
	["Files", [{ file_token: "unknown" }], 1254027],
	["Files", Array.from({ length: 101 }, () => ({ file_token: "x" })), 1254106],
	["Link", ["recUnknown"], 1254067],
	["Link", Array.from({ length: 501 }, () => "rec1"), 1254067],
	["Duplex", ["recUnknown"], 1254074],
	["Place", "here", 1254015],
	["Place", "200,10", 1254015],
	["Text", "x".repeat(100_001), 1254130],
	["Serial", "1", 1254015],
	["Created", 1, 1254015],
	["Double", 1, 1254015],
	["Names", ["x"], 1254015],
	["Stage", "x", 1254015],
	["Button", "x", 1254015],
	["Missing", "x", 1254045],
];

test.each(bad)("%s does not take %j", (name, value, code) => {
	const { call, T, fake, table } = set();
	const good = { fields: { Text: "good", Multi: ["never made"] } };
	const answer = call("POST", `${T}/records/batch_create`, {
		records: [good, { fields: { [name]: value } }],
	});
	expect(answer.code).toBe(code);
	expect(answer.body.error.message).toContain(`'fields.${name}'`);
	const { status } = answer;
	expect(status).toBe(code === 1254074 ? 400 : code === 1254027 ? 403 : 200);
	expect(fake.rows(table)).toEqual([]);
	expect(
		fake.table(table).fields.get(fake.table(table).fieldIds.get("Multi") ?? "")
			?.options,
	).toHaveLength(1);
});

test("people take an id and nothing else, of the kind that the call names", () => {
	const { call, T, li } = set();
	const write = (value: unknown, query = "") =>
		call("POST", `${T}/records${query}`, { fields: { User: value } });
	expect(write([{ id: li.openId, name: "李雷" }]).code).toBe(1254066);
	expect(write([{ id: li.unionId }]).code).toBe(1254066);
	expect(write([{ id: li.unionId }], "?user_id_type=union_id").code).toBe(0);
	expect(
		write([{ id: li.userId }], "?user_id_type=user_id").data.record.fields.User,
	).toEqual([{ id: li.userId }]);
	const found = call("POST", `${T}/records/search?user_id_type=union_id`, {})
		.data.items;
	expect(found[0].fields.User[0].id).toBe(li.unionId);
	const ids = found.map((item: { record_id: string }) => item.record_id);
	const got = call("POST", `${T}/records/batch_get`, {
		record_ids: ids,
		user_id_type: "user_id",
	});
	expect(got.data.records[1].fields.User[0].id).toBe(li.userId);
});

test("unknown options are made on the fly, with the next colour; repeated new names twice", () => {
	const { call, T, table, fake } = set();
	call("POST", `${T}/records/batch_create`, {
		records: [
			{ fields: { Single: "C", Multi: ["n", "n", "x"] } },
			{ fields: { Single: "C", Multi: ["n"] } },
		],
	});
	const options = (name: string) =>
		fake
			.table(table)
			.fields.get(fake.table(table).fieldIds.get(name) ?? "")
			?.options.map((option) => [option.name, option.color]);
	expect(options("Single")).toEqual([
		["A", 0],
		["B", 5],
		["C", 6],
	]);
	expect(options("Multi")).toEqual([
		["x", 0],
		["n", 1],
		["n", 2],
	]);
	expect(fake.rows(table).map((row) => row.fields.Multi)).toEqual([
		["n", "n", "x"],
		["n"],
	]);
});

test("a two-way link is seen from both sides; a deleted record leaves its links", () => {
	const { call, T, table, other, fake, one, two } = set();
	const [a, b] = call("POST", `${T}/records/batch_create`, {
		records: [
			{ fields: { Duplex: [one], Link: [one] } },
			{ fields: { Duplex: [one, two] } },
		],
	}).data.records.map((record: { record_id: string }) => record.record_id);
	const back = () =>
		fake
			.rows(other)
			.map(
				(row) =>
					(row.fields.Back as { link_record_ids?: string[] }).link_record_ids ??
					[],
			);
	expect(back()).toEqual([[a, b], [b]]);
	call("PUT", `${T}/records/${b}`, { fields: { Duplex: [two] } });
	expect(back()).toEqual([[a], [b]]);
	const O = T.replace(table, other);
	call("PUT", `${O}/records/${two}`, { fields: { Back: [a] } });
	expect(fake.rows(table).map((row) => row.fields.Duplex)).toEqual([
		{ link_record_ids: [one, two] },
		{},
	]);
	call("DELETE", `${O}/records/${one}`);
	expect(
		fake.rows(table).map(({ fields }) => [fields.Duplex, fields.Link]),
	).toEqual([
		[{ link_record_ids: [two] }, {}],
		[{}, {}],
	]);
	fake.set({ twoWayLinks: "refused" });
	expect(
		call("PUT", `${T}/records/${b}`, { fields: { Duplex: [two] } }),
	).toMatchObject({ status: 400, code: 1254074 });
	expect(
		call("PUT", `${T}/records/${b}`, {
			fields: { Link: { link_record_ids: [two] } },
		}).data.record.fields,
	).toEqual({ Link: [two] });
});

test("batches are whole or nothing, and limited", () => {
	const { call, T, table, fake } = set();
	const many = (count: number) => ({
		records: Array.from({ length: count }, () => ({ fields: {} })),
	});
	expect(call("POST", `${T}/records/batch_create`, many(1_001)).code).toBe(
		1254104,
	);
	expect(call("POST", `${T}/records/batch_create`, many(0)).code).toBe(1254001);
	expect(
		call("POST", `${T}/records/batch_create`, many(1_000)).data.records,
	).toHaveLength(1_000);
	fake.set({ limits: "seed" });
	expect(call("POST", `${T}/records/batch_create`, many(501)).code).toBe(
		1254104,
	);
	const ids = fake.rows(table).map((row) => row.recordId);
	expect(
		call("POST", `${T}/records/batch_delete`, { records: ids.slice(0, 501) })
			.code,
	).toBe(1254104);
	expect(
		call("POST", `${T}/records/batch_delete`, {
			records: [ids[0], "recUnknown"],
		}).code,
	).toBe(1254043);
	expect(fake.rows(table)).toHaveLength(1_000);
	expect(
		call("POST", `${T}/records/batch_delete`, { records: ids.slice(0, 500) })
			.data.records[0],
	).toEqual({ deleted: true, record_id: ids[0] });
	expect(fake.rows(table)).toHaveLength(500);
	const update = call("POST", `${T}/records/batch_update`, {
		records: [
			{ record_id: ids[600], fields: { Text: "x" } },
			{ record_id: "recUnknown", fields: {} },
		],
	});
	expect(update.code).toBe(1254043);
	expect(fake.rows(table)[100]?.fields).not.toHaveProperty("Text");
	fake.addRecords(
		table,
		Array.from({ length: 19_500 }, () => ({})),
	);
	expect(call("POST", `${T}/records`, { fields: {} }).code).toBe(1254103);
	const absent = call("POST", `${T}/records/batch_get`, {
		record_ids: [ids[700], "rec111111"],
	});
	expect(absent.data).toMatchObject({
		records: [{ record_id: ids[700] }],
		absent_record_ids: ["rec111111"],
		forbidden_record_ids: [],
	});
	expect(
		call("POST", `${T}/records/batch_get`, { record_ids: ids.slice(0, 101) }),
	).toMatchObject({ status: 400, code: 1254104 });
});

test("texts may hold mentions; dates may fill themselves; synced tables are read only", () => {
	const { call, T, table, fake, base } = set();
	const [id = ""] = fake.addRecords(table, [{ Text: "x" }]);
	const segments = [
		{ type: "text", text: "see " },
		{
			type: "mention",
			text: "@A",
			token: "ou_a",
			mentionType: "User",
			mentionNotify: false,
			name: "A",
		},
	] as const;
	fake.setRaw(table, id, "Text", segments);
	expect(
		call("POST", `${T}/records/search`, {}).data.items[0].fields.Text,
	).toEqual(segments);
	expect(call("GET", `${T}/records/${id}`).data.record.fields.Text).toBe(
		"see @A",
	);
	fake.addField(table, {
		name: "Filled",
		type: 5,
		property: { auto_fill: true },
	});
	call("POST", `${T}/records`, { fields: {} });
	expect(fake.rows(table)[1]?.fields.Filled).toBe(
		fake.rows(table)[1]?.fields.Created,
	);
	const synced = fake.addTable(base, {
		name: "Synced",
		synced: true,
		fields: [{ name: "A", type: 1 }],
	});
	expect(
		call("POST", `${T.replace(table, synced)}/records`, { fields: {} }).code,
	).toBe(1254302);
});

test("by default the limits are the stricter ones of early 2023", () => {
	const { call, T, one } = set({ limits: "seed", twoWayLinks: "refused" });
	const { switches } = createBitableFake({ clock: virtualClock() }).store;
	expect(switches).toMatchObject({ limits: "seed", twoWayLinks: "refused" });
	const records = Array.from({ length: 501 }, () => ({ fields: {} }));
	expect(call("POST", `${T}/records/batch_create`, { records }).code).toBe(
		1254104,
	);
	expect(call("POST", `${T}/records`, { fields: { Duplex: [one] } }).code).toBe(
		1254074,
	);
});
