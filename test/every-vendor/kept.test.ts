import {
	existsSync,
	readdirSync,
	readFileSync,
	statSync,
	utimesSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { formatReference } from "../../src/core/places/reference.js";
import {
	created,
	eachCloudPeer,
	eachPeer,
	filesUnder,
	openWorld,
	recordsOf,
	type World,
} from "./world.js";

/* What stays on this machine: nothing that a stranger may read, no secret, and not for long. */

/** One call of every kind that keeps something, and some that fail. */
async function busyDay(world: World): Promise<void> {
	const { client, table, site, peer } = world;
	const ids = await created(world, recordsOf(5));
	await client.ok("list_tables", { connection: peer.id });
	await client.ok("update_records", {
		table,
		records: [{ id: ids[0], fields: { Amount: 50 } }],
	});
	client.put("in.csv", "Title,Amount\nfrom file,1\n");
	await client.ok("import_records", { table, file: "in.csv" });
	await client.ok("export_records", { table, file: "out.csv" });
	await client.ok("delete_records", { table, record_ids: [ids[1]] });
	await client.refused("create_records", {
		table,
		records: [{ fields: { Titel: "x" } }],
	});
	await client.refused("query_records", { table: `${peer.id}:nowhere/none` });
	if (peer.network !== undefined) {
		const { failures } = peer.network;
		world.faulty(() => failures.tokenRefused);
		await client.refused("query_records", { table });
		await client.refused("create_records", { table, records: recordsOf(1) });
		world.faulty(() => ({
			when: "before",
			response: {
				status: 500,
				headers: { "content-type": "text/html" },
				// A proxy that shows what it was sent.
				body: `<html>${site.secrets.join(" ")}</html>`,
			},
		}));
		await client.refused("query_records", { table });
		world.faulty(undefined);
	}
}

eachCloudPeer(
	"no token and no secret is in the journal, the rates, the locks, the opened bases, an answer or the log",
	async (peer) => {
		const log: string[] = [];
		const answers: string[] = [];
		const world = await openWorld(peer, {
			log: (_level, message) => log.push(message),
		});
		const { client } = world;
		const { call } = client;
		Object.assign(client, {
			call: async (name: string, args?: object) => {
				const answer = await call(name, args);
				answers.push(JSON.stringify(answer));
				return answer;
			},
		});
		await busyDay(world);
		answers.push(
			JSON.stringify(
				await client.call("query_records", { table: world.table }),
			),
		);
		// The tokens that were got on the way are secrets too.
		const sent = (world.site.fake?.log ?? []).flatMap(
			({ request: { headers, query } }) => [
				...Object.entries(headers).flatMap(([name, value]) =>
					/authorization|token/i.test(name)
						? [value.replace(/^Bearer /, "")]
						: [],
				),
				...(new URLSearchParams(query).getAll("access_token") ?? []),
			],
		);
		const secrets = new Set([...world.site.secrets, ...sent]);
		expect(secrets.size).toBeGreaterThan(0);
		expect(log.length).toBeGreaterThan(0);
		const kept = filesUnder(world.folder).filter(
			(file) => !file.endsWith("config.json"),
		);
		expect(kept.some((file) => file.includes("/rates/"))).toBe(true);
		expect(kept.some((file) => file.includes("/journal/"))).toBe(true);
		for (const secret of secrets) {
			for (const file of kept) {
				expect(readFileSync(file, "utf8"), file).not.toContain(secret);
				expect(file).not.toContain(secret);
			}
			expect(log.join("\n")).not.toContain(secret);
			expect(answers.join("\n")).not.toContain(secret);
		}
	},
);

eachPeer("what is kept is for its owner alone", async (peer) => {
	const world = await openWorld(peer);
	await busyDay(world);
	const theirs = /\/(config\.json|files\/in\.csv)$/;
	for (const file of filesUnder(world.folder))
		if (!theirs.test(file))
			expect((statSync(file).mode & 0o077).toString(8), file).toBe("0");
	for (const name of ["journal", "rates", "locks", "imports"]) {
		const folder = join(world.folder, name);
		if (existsSync(folder))
			expect((statSync(folder).mode & 0o077).toString(8), name).toBe("0");
	}
});

eachPeer("cell values are in no log line", async (peer) => {
	const log: string[] = [];
	const world = await openWorld(peer, {
		log: (_level, message) => log.push(message),
	});
	await created(world, [{ fields: { Title: "canary-cell", Amount: 4711 } }]);
	await world.client.ok("query_records", {
		table: world.table,
		filter: {
			conditions: [{ field: "Title", op: "is", value: "canary-cell" }],
		},
	});
	await world.client.refused("create_records", {
		table: world.table,
		records: [{ fields: { Title: "canary-cell", Tag: "canary-tag" } }],
	});
	expect(log.join("\n")).not.toMatch(/canary|4711/);
});

eachPeer(
	"the copy of an imported file goes when it is done, and one that nobody came back for after a day",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, clock } = world;
		const copies = join(world.folder, "imports");
		client.put("in.csv", "Title,Amount\nrow 0,1\nrow 1,2\n");
		await client.ok("import_records", { table, file: "in.csv" });
		expect(readdirSync(copies)).toEqual([]);
		const [kept] = await broken(world);
		expect(readdirSync(copies)).toEqual([kept]);
		const then = (clock.now() - 86_400_000 - 1) / 1000;
		utimesSync(join(copies, kept as string), then, then);
		await client.ok("import_records", { table, file: "in.csv" });
		expect(readdirSync(copies)).toEqual([]);
	},
);

/** An import that stopped before its end: its copies. */
async function broken({
	client,
	table,
	folder,
	clock,
}: World): Promise<readonly string[]> {
	const { now } = clock;
	let looks = 0;
	// Time that runs away after the first look: the call is over before its first batch.
	Object.assign(clock, { now: () => now() + (looks++ === 0 ? 0 : 44_000) });
	const answer = await client.refused("import_records", {
		table,
		file: "in.csv",
		// Without the check of the whole file, which would end the call by itself.
		on_error: "skip",
	});
	Object.assign(clock, { now });
	expect(answer.text).toMatch(/^NOT FINISHED/);
	return readdirSync(join(folder, "imports"));
}

eachPeer(
	"a base that was opened by its address is kept by its id alone",
	async (peer) => {
		const world = await openWorld(peer);
		const file = join(world.folder, "opened-bases.json");
		await world.client.ok("query_records", {
			table: formatReference({
				connection: peer.id,
				base: world.site.base,
				table: decodeURIComponent(world.table.split("/")[1] as string),
			}),
		});
		if (existsSync(file))
			expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
				[peer.id]: [world.site.base],
			});
	},
);
