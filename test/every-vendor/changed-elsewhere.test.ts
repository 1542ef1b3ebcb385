import { describe, expect, test } from "vitest";
import { eachPeer, openWorld, PEERS, type Peer } from "./world.js";

/*
 * Other processes change the same tables: what this one remembers of them must not lead a write into another column,
 * and describe_fields tells what is there now.
 */

const LOCAL = PEERS.find(({ id }) => id === "local") as Peer;

async function twoProcesses(peer: Peer) {
	const world = await openWorld(peer);
	const { client, table } = world;
	await client.ok("create_records", {
		table,
		records: [{ fields: { Title: "k1", Amount: 1, Tag: "a" } }],
	});
	const other = await world.another();
	return { ...world, other };
}

eachPeer(
	"describe_fields tells what another process has changed",
	async (peer) => {
		const { client, other, clock, table } = await twoProcesses(peer);
		await client.ok("query_records", { table });
		const rename = { table, field: "Amount", name: "Sum" };
		const renames = !(await other.call("update_field", rename)).isError;
		expect(renames).toBe(peer.id !== "fusion");
		await other.ok("create_field", { table, name: "New", type: "text" });
		clock.advance(2_000);
		const { structured } = await client.ok("describe_fields", { table });
		const names = structured.fields.map(({ name }: { name: string }) => name);
		expect(names).toEqual(expect.arrayContaining(["Title", "New"]));
		expect(names.includes("Sum")).toBe(renames);
		expect(names.includes("Amount")).toBe(!renames);
	},
);

describe("a store on this machine", () => {
	test("a write goes into the column that has the name now", async () => {
		const { client, other, table } = await twoProcesses(LOCAL);
		await client.ok("query_records", { table });
		const rename = (field: string, name: string) =>
			other.ok("update_field", { table, field, name });
		await other.ok("create_field", { table, name: "Home", type: "text" });
		await other.ok("create_field", { table, name: "Work", type: "text" });
		await client.ok("query_records", { table });
		await rename("Home", "Old");
		await rename("Work", "Home");
		await client.ok("update_records", {
			table,
			filter: { conditions: [{ field: "Title", op: "is", value: "k1" }] },
			set: { Home: "NEW" },
		});
		const { structured } = await other.ok("query_records", {
			table,
			fields: ["Old", "Home"],
			ids: false,
		});
		expect(structured.rows).toEqual([[null, "NEW"]]);
	});

	test("a value is checked against the type and the options of now", async () => {
		const { client, other, table } = await twoProcesses(LOCAL);
		await client.ok("query_records", { table });
		await other.ok("update_field", {
			table,
			field: "Tag",
			settings: { options: [{ name: "a", new_name: "z" }] },
		});
		const set = (Tag: string) =>
			client.call("update_records", {
				table,
				filter: { conditions: [{ field: "Title", op: "is", value: "k1" }] },
				set: { Tag },
			});
		const refused = await set("a");
		expect(refused.isError, refused.text).toBe(true);
		expect((await set("z")).isError).toBe(false);
	});

	test("a field, a table and a view that are gone or new are told as they are", async () => {
		const { client, other, table } = await twoProcesses(LOCAL);
		await client.ok("list_tables", {});
		await client.ok("query_records", { table });
		await other.ok("delete_field", { table, field: "Day", confirm: "Day" });
		const { structured } = await client.ok("query_records", { table });
		expect(structured.columns).not.toContain("Day");
		await other.ok("create_table", {
			connection: "local",
			name: "Later",
			fields: [{ name: "Name", type: "text" }],
		});
		const { text } = await client.ok("list_tables", {});
		expect(text).toContain("Later");
	});
});
