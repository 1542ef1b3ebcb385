import { expect, test } from "vitest";
import { locate } from "../../../src/core/places/locate.js";
import { ownWrites } from "../../../src/core/write/own-writes.js";
import { runningOf } from "../../conformance/session.js";
import { connected } from "../../server/client.js";

test("what another person wrote is not one's own, whoever asks first", async () => {
	const { session, ok } = await connected();
	const made = await ok("create_table", {
		name: "Tasks",
		fields: [{ name: "Name", type: "text" }],
	});
	const { table } = made.structured;
	const { structured } = await ok("create_records", {
		table,
		records: [{ fields: { Name: "mine" } }],
	});
	const [id = ""] = structured.ids as string[];
	const located = await locate(session, table, runningOf(session));
	const [field] = located.table.fields;
	const cells = { [field?.id ?? ""]: "mine" };
	const owns = async (person: string) => {
		const wanted = { ids: new Set([id]), asked: new Map() };
		const own = await ownWrites({ ...session, person }, located, wanted);
		return own.ownsRecord(id, cells);
	};
	expect(await owns(session.person)).toBe(true);
	expect(await owns("somebody else")).toBe(false);
	expect(await owns(session.person)).toBe(true);
});
