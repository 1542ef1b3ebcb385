import { APITable } from "apitable";
import { expect, onTestFinished, test } from "vitest";
import { fusionVendor } from "../../../src/vendors/fusion/index.js";
import type { Vendor } from "../../../src/vendors/vendor.js";
import { virtualClock } from "../../clock.js";
import { callTool, sessionOf } from "../../conformance/session.js";
import { FakeDispatcher } from "../../fakes/dispatcher.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { listen } from "../../fakes/listen.js";
import { temporaryFolder } from "../../folder.js";

/* The vendor's own client and this adapter on one table, each reading what the other wrote. */

async function both() {
	const clock = virtualClock();
	const fake = createFusionFake({
		clock,
		switches: { plan: "enterprise", callsPerSecond: Number.POSITIVE_INFINITY },
	});
	const ann = fake.addPerson({ name: "Ann" });
	const listening = await listen(fake);
	onTestFinished(() => listening.close());
	const official = new APITable({ token: fake.token, host: listening.origin });
	const dispatcher = new FakeDispatcher({ "https://aitable.ai": fake }, clock);
	const { session } = sessionOf({
		vendor: fusionVendor as Vendor,
		folder: temporaryFolder(),
		clock,
		dispatcher: async () => dispatcher,
		config: { token: fake.token },
	});
	const table = fake.addTable({
		name: "Shared",
		fields: [
			{ name: "Title", type: "SingleText", property: {} },
			{ name: "Count", type: "Number", property: { precision: 2 } },
			{ name: "Share", type: "Percent", property: { precision: 1 } },
			{ name: "Done", type: "Checkbox", property: { icon: "star" } },
			{
				name: "Stage",
				type: "SingleSelect",
				property: { options: [{ name: "New" }] },
			},
			{
				name: "Tags",
				type: "MultiSelect",
				property: { options: [{ name: "a, b" }, { name: "c" }] },
			},
			{
				name: "When",
				type: "DateTime",
				property: {
					dateFormat: "YYYY-MM-DD",
					timeFormat: "HH:mm",
					includeTime: true,
				},
			},
			{ name: "Site", type: "URL" },
			{ name: "Owner", type: "Member", property: {} },
			{ name: "Mail", type: "Email" },
		],
	});
	return {
		ann,
		records: official.datasheet(table).records,
		reference: `fusion:${fake.spaceId}/${table}`,
		session,
	};
}

const whenMs = Date.parse("2026-12-24T18:30:00+08:00");

test("the vendor's client reads what this adapter wrote", async () => {
	const { session, reference, records, ann } = await both();
	const written = await callTool(session, "create_records", {
		table: reference,
		records: [
			{
				fields: {
					Title: '引号 "x" {y}\nnext',
					Count: 1.25,
					Share: "12.5%",
					Done: true,
					Stage: "New",
					Tags: ["c", "a, b"],
					When: "2026-12-24 18:30",
					Site: "https://example.com/?a=1&b={2}",
					Owner: ["Ann"],
					Mail: "a@example.com",
				},
			},
			{ fields: { Title: "empty" } },
		],
	});
	expect(written.isError ?? false).toBe(false);
	const answer = await records.query({
		sort: [{ field: "Title", order: "desc" }],
	} as never);
	const found = (
		answer as unknown as {
			data: { records: { recordId: string; fields: unknown }[] };
		}
	).data.records;
	const byId = new Map(found.map(({ recordId, fields }) => [recordId, fields]));
	const [full = "", empty = ""] = written.structured.ids as string[];
	expect(byId.get(full)).toEqual({
		Title: '引号 "x" {y}\nnext',
		Count: 1.25,
		Share: 0.125,
		Done: true,
		Stage: "New",
		Tags: ["c", "a, b"],
		When: whenMs,
		Site: {
			title: "https://example.com/?a=1&b={2}",
			text: "https://example.com/?a=1&b={2}",
			favicon: "",
		},
		Owner: [
			{
				id: ann.id,
				unitId: ann.unitId,
				type: "Member",
				name: "Ann",
				avatar: null,
			},
		],
		Mail: "a@example.com",
	});
	expect(byId.get(empty)).toEqual({ Title: "empty" });
});

test("this adapter reads what the vendor's client wrote", async () => {
	const { session, reference, records, ann } = await both();
	const made = (await records.create([
		{
			fields: {
				Title: "from the other side",
				Count: -3,
				Share: 0.5,
				Done: true,
				Stage: "New",
				Tags: ["a, b"],
				When: whenMs,
				Site: { title: "Home", text: "https://example.com" },
				Owner: [{ id: ann.id }],
				Mail: "b@example.com",
			},
		},
		{ fields: { Title: "gone" } },
	] as never)) as unknown as { data: { records: { recordId: string }[] } };
	const [kept, gone] = made.data.records.map(({ recordId }) => recordId);
	await records.update([
		{ recordId: kept as string, fields: { Count: 7, Mail: null } },
	] as never);
	await records.delete(gone as string);
	const { structured } = await callTool(session, "query_records", {
		table: reference,
		filter: { conditions: [{ field: "Tags", op: "contains", value: "a, b" }] },
	});
	expect(structured.columns).toEqual([
		"id",
		"Title",
		"Count",
		"Share",
		"Done",
		"Stage",
		"Tags",
		"When",
		"Site",
		"Owner",
		"Mail",
	]);
	expect(structured.rows).toEqual([
		[
			kept,
			"from the other side",
			7,
			"50%",
			true,
			"New",
			["a, b"],
			"2026-12-24T18:30:00+08:00",
			{ text: "Home", link: "https://example.com" },
			["Ann"],
			null,
		],
	]);
	expect(structured.total).toBe(1);
});
