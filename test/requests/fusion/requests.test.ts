import { expect, test } from "vitest";
import { sampleClient } from "./sample-client.js";

const DAY_MS = 86_400_000;
const agree = () => ({ action: "accept" }) as const;

test("A1: which posts go out in the next 7 days, per channel?", async () => {
	const client = await sampleClient();
	const byName = await client.refused("query_records", {
		table: "Content Calendar",
	});
	expect(byName.text).toContain("Marketing");
	expect(byName.text).toContain("Agency");
	expect(byName.text).toContain(client.reference("marketingCalendar"));
	expect(byName.text).toContain(client.reference("agencyCalendar"));

	const { structured } = await client.ok("list_tables", {
		search: "content calendar",
	});
	expect(structured.tables.map(({ path }: { path: string[] }) => path)).toEqual(
		[["Marketing"], ["Agency"]],
	);
	const table = structured.tables[0].reference;
	const fields = await client.ok("describe_fields", { table });
	expect(fields.text).toContain("Publish date");
	const answer = await client.ok("query_records", {
		table,
		filter: {
			conditions: [
				{ field: "Publish date", op: "within", value: "next_7_days" },
			],
		},
		group_by: [{ field: "Channel" }],
	});
	const today = Math.floor(client.session.clock.now() / DAY_MS) * DAY_MS;
	const expected = new Map<string, number>();
	for (const fields of client.rows("marketingCalendar", "Post").values()) {
		const date = fields["Publish date"];
		if (typeof date !== "number") continue;
		const days = Math.round((date - today) / DAY_MS);
		const channel = fields.Channel as string;
		if (days >= 0 && days < 7)
			expected.set(channel, (expected.get(channel) ?? 0) + 1);
	}
	expect(expected.size).toBeGreaterThan(1);
	expect(new Map(answer.structured.rows)).toEqual(expected);
	expect(client.called.slice(1)).toEqual([
		"list_tables",
		"describe_fields",
		"query_records",
	]);
	expect(client.sample.fake.throttled).toBe(0);
});

test("A2: find duplicate contacts by phone and keep the newest", async () => {
	const client = await sampleClient({ contacts: 9_400, person: agree });
	const before = client.rows("contacts", "Name");
	const groups = await client.ok("query_records", {
		table: "Contacts",
		group_by: [{ field: "Phone" }],
		limit: 100,
	});
	const twice = (groups.structured.rows as [string | null, number][]).filter(
		([phone, count]) => phone !== null && count > 1,
	);
	expect(twice.length).toBe(94);
	const rows = await client.ok("query_records", {
		table: "Contacts",
		fields: ["Phone", "$created_at"],
		filter: {
			conditions: [
				{ field: "Phone", op: "any_of", values: twice.map(([phone]) => phone) },
			],
		},
		sort: [{ field: "Phone" }, { field: "$created_at", direction: "desc" }],
		limit: 1000,
	});
	expect(rows.structured.total).toBe(188);
	const seen = new Set<string>();
	const older = (rows.structured.rows as [string, string][]).flatMap(
		([id, phone]) => {
			if (seen.has(phone)) return [id];
			seen.add(phone);
			return [];
		},
	);
	expect(older.length).toBe(94);
	const deleted = await client.ok("delete_records", {
		table: "Contacts",
		record_ids: older,
	});
	expect(deleted.structured.counts).toMatchObject({ deleted: 94, failed: 0 });
	expect(client.asked).toEqual([expect.stringMatching(/delete 94 records/)]);

	const after = client.rows("contacts", "Name");
	expect(after.size).toBe(9_400 - 94);
	const gone = [...before.keys()].filter((name) => !after.has(name));
	// The copy of a number stands ten rows later and is newer.
	expect(gone.slice(0, 3)).toEqual(["Contact 1", "Contact 101", "Contact 201"]);
	const phones = [...after.values()].flatMap(({ Phone }) => Phone ?? []);
	expect(new Set(phones).size).toBe(phones.length);
	expect(client.called.length).toBeLessThanOrEqual(4);
	expect(client.tokens()).toBeLessThanOrEqual(4_000);
	expect(client.sample.fake.throttled).toBe(0);
});

test("A3: close Sprint 14, move what is open to Sprint 15, and take it back", async () => {
	const client = await sampleClient({ person: agree });
	const before = client.sample.fake.rows(client.sample.tables.tasks);
	const sprint = { field: "Sprint", op: "is", value: "Sprint 14" };
	const moved = await client.ok("update_records", {
		table: "Tasks",
		filter: {
			conditions: [sprint, { field: "Status", op: "is_not", value: "Done" }],
		},
		set: { Sprint: "Sprint 15" },
	});
	expect(moved.structured.counts).toMatchObject({ updated: 160, failed: 0 });
	const closed = await client.ok("update_records", {
		table: "Tasks",
		filter: { conditions: [sprint] },
		set: { "Done?": true },
	});
	expect(closed.structured.counts).toMatchObject({ updated: 80, failed: 0 });
	// The empty boxes that are ticked hold nothing that could be lost.
	expect(client.asked).toEqual([expect.stringContaining("160")]);
	expect(client.called).toEqual(["update_records", "update_records"]);
	const after = client.sample.fake.rows(client.sample.tables.tasks);
	for (const [index, { fields }] of after.entries()) {
		const was = before[index]?.fields ?? {};
		const open = was.Sprint === "Sprint 14" && was.Status !== "Done";
		const done = was.Sprint === "Sprint 14" && was.Status === "Done";
		expect(fields).toEqual({
			...was,
			...(open ? { Sprint: "Sprint 15" } : {}),
			...(done ? { "Done?": true } : {}),
		});
	}
	for (const { structured } of [closed, moved]) {
		const undone = await client.ok("undo_change", {
			change_id: structured.change_id,
		});
		expect(undone.structured.counts).toMatchObject({
			updated: structured.counts.updated,
			failed: 0,
		});
	}
	expect(client.sample.fake.rows(client.sample.tables.tasks)).toEqual(before);
	expect(client.sample.fake.throttled).toBe(0);
});

test("A4: 哪些 SKU 的库存低于安全库存?", async () => {
	const client = await sampleClient();
	const answer = await client.ok("query_records", {
		table: "库存",
		fields: ["SKU", "库存", "安全库存"],
		filter: {
			conditions: [{ field: "库存", op: "lt", other_field: "安全库存" }],
		},
		limit: 100,
	});
	const expected = [...client.rows("inventory", "SKU")]
		.filter(([, { 库存: stock, 安全库存: least }]) =>
			typeof stock === "number" && typeof least === "number"
				? stock < least
				: false,
		)
		.map(([sku]) => sku);
	expect(expected.length).toBeGreaterThan(5);
	expect(
		(answer.structured.rows as [string, string][]).map(([, sku]) => sku),
	).toEqual(expected);
	expect(answer.structured.total).toBe(expected.length);
	expect(client.called).toEqual(["query_records"]);
});

test("A5: add a rating and a select, hide both in the weekly view", async () => {
	const client = await sampleClient();
	const table = client.reference("marketingCalendar");
	await client.ok("create_field", {
		table,
		name: "Confidence",
		type: "rating",
		settings: { min: 1, max: 5 },
	});
	await client.ok("create_field", {
		table,
		name: "Quarter",
		type: "single_select",
		settings: { options: ["Q1", "Q2", "Q3", "Q4"].map((name) => ({ name })) },
	});
	const refusal = await client.refused("update_view", {
		table,
		view: "Weekly view",
		hidden_fields: ["Notes", "Confidence", "Quarter"],
	});
	expect(refusal.structured.error.code).toBe("unsupported");
	expect(refusal.text).toContain("this API only reads views");
	expect(refusal.text).toContain("hidden fields are in the bar above it");
	expect(refusal.text).toContain(
		`https://aitable.ai/workbench/${client.sample.tables.marketingCalendar}`,
	);
	const made = client.sample.fake.fields(
		client.sample.tables.marketingCalendar,
	);
	expect(made.slice(-2)).toMatchObject([
		{ name: "Confidence", type: "Rating", settings: { max: 5 } },
		{ name: "Quarter", type: "SingleSelect" },
	]);
	expect(made.at(-1)?.settings.options?.map(({ name }) => name)).toEqual([
		"Q1",
		"Q2",
		"Q3",
		"Q4",
	]);
});

test("A6: 把选项「潜在」改名为「潜在客户」", async () => {
	const client = await sampleClient();
	const table = "客户";
	const refusal = await client.refused("update_field", {
		table,
		field: "阶段",
		settings: { options: [{ name: "潜在", new_name: "潜在客户" }] },
	});
	expect(refusal.structured.error.code).toBe("unsupported");
	expect(refusal.text).toMatch(
		/update_records with filter[\s\S]*allow_new_options/,
	);
	expect(refusal.text).toContain(client.sample.tables.customers);
	const change = {
		table,
		filter: { conditions: [{ field: "阶段", op: "is", value: "潜在" }] },
		set: { 阶段: "潜在客户" },
		confirm: "10",
	};
	const unknown = await client.refused("update_records", change);
	expect(unknown.text).toContain("潜在");
	const answer = await client.ok("update_records", {
		...change,
		allow_new_options: true,
	});
	expect(answer.structured.counts).toMatchObject({ updated: 10, failed: 0 });
	const stages = [...client.rows("customers", "名称").values()].map(
		({ 阶段 }) => 阶段,
	);
	expect(stages.filter((stage) => stage === "潜在客户")).toHaveLength(10);
	expect(stages).not.toContain("潜在");
	expect(stages.filter((stage) => stage === "意向")).toHaveLength(10);
});

test("A7: import 58 new hires; departments are links, managers are members", async () => {
	const client = await sampleClient({ switches: { plan: "enterprise" } });
	const departments = ["研发", "市场", "销售", "财务"];
	const managers = ["李娜", "Ann Lee", "李娜", "张伟"];
	const hires = Array.from({ length: 58 }, (_, index) => ({
		name: `新人 ${index + 1}`,
		mail: `hire-${index + 1}@example.com`,
		department: index === 20 ? "法务" : departments[index % 4],
		manager: index === 7 || index === 11 ? "张伟" : managers[index % 3],
	}));
	client.put(
		"new_hires.csv",
		[
			"姓名,邮箱,部门,经理,入职日期",
			...hires.map(
				({ name, mail, department, manager }) =>
					`${name},${mail},${department},${manager},2026-12-01`,
			),
		].join("\n"),
	);
	const args = { table: "员工", file: "new_hires.csv" };
	const dry = await client.call("import_records", {
		...args,
		dry_run: true,
		on_error: "skip",
	});
	const problems = dry.structured.problems as {
		line: number;
		lines?: string;
		field: string;
		message: string;
	}[];
	expect(
		problems.map(({ line, lines, field }) => [lines ?? line, field]),
	).toEqual([
		["9, 13", "经理"],
		[22, "部门"],
	]);
	expect(problems[0]?.message).toContain("张伟");
	expect(client.rows("employees", "姓名").size).toBe(1);

	const done = await client.call("import_records", {
		...args,
		on_error: "skip",
	});
	expect(done.structured.counts).toMatchObject({ created: 55, failed: 3 });
	expect(client.called).toEqual(["import_records", "import_records"]);
	const rows = client.rows("employees", "姓名");
	expect(rows.size).toBe(56);
	const departmentIds = client.sample.fake
		.rows(client.sample.tables.departments)
		.map(({ recordId }) => recordId);
	for (const [index, { name, mail, manager }] of hires.entries()) {
		const row = rows.get(name);
		if ([7, 11, 20].includes(index)) {
			expect(row).toBeUndefined();
			continue;
		}
		expect(row).toMatchObject({
			邮箱: mail,
			部门: [departmentIds[index % 4]],
			经理: [expect.objectContaining({ name: manager })],
			入职日期: Date.parse("2026-12-01T00:00:00+08:00"),
		});
	}
	expect(client.read("new_hires.csv.problems.csv")).toContain("张伟");
	expect(client.sample.fake.throttled).toBe(0);
});

test("A7 where the plan keeps contacts closed: names that a column knows are found, others told by line", async () => {
	const client = await sampleClient();
	client.put("new_hires.csv", "姓名,经理\n甲,李娜\n乙,Ann Lee\n");
	const answer = await client.call("import_records", {
		table: "员工",
		file: "new_hires.csv",
		on_error: "skip",
	});
	expect(answer.structured.counts).toMatchObject({ created: 1, failed: 1 });
	expect(answer.structured.problems).toMatchObject([
		{ line: 3, field: "经理", message: expect.stringContaining("Ann Lee") },
	]);
});

test("A8: put these 12 product photos on the matching SKU rows", async () => {
	const client = await sampleClient();
	const skus = Array.from(
		{ length: 12 },
		(_, index) => `P-${String(index + 1).padStart(3, "0")}`,
	);
	for (const sku of skus) client.put(`${sku}.png`, `photo of ${sku}`);
	const found = await client.ok("query_records", {
		table: "Products",
		fields: ["SKU"],
		filter: { conditions: [{ field: "SKU", op: "any_of", values: skus }] },
	});
	const answer = await client.ok("upload_attachment", {
		table: "Products",
		files: (found.structured.rows as [string, string][]).map(([id, sku]) => ({
			file: `${sku}.png`,
			record_id: id,
		})),
	});
	expect(answer.isError).toBe(false);
	expect(client.called).toEqual(["query_records", "upload_attachment"]);
	for (const [sku, { Photos }] of client.rows("products", "SKU")) {
		const names = ((Photos ?? []) as { name: string }[]).map(
			({ name }) => name,
		);
		const number = Number(sku.slice(2));
		expect(names).toEqual([
			...(number % 4 === 1 ? ["front.png"] : []),
			...(number <= 12 ? [`${sku}.png`] : []),
		]);
	}
	expect(client.sample.fake.throttled).toBe(0);
});
