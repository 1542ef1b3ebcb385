import { expect, test } from "vitest";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import type { Fault } from "../fakes/fake.js";
import type { TestClient } from "../server/client.js";
import {
	type CloudPeer,
	eachCloudPeer,
	openWorld,
	PEERS,
	type World,
} from "./world.js";

/*
 * A connection that cannot be asked is named with the reason, hides nothing of the others, and is never taken for
 * one that has nothing.
 */

const ANSWER_MS = 45_000;

/** It takes the request and never says a word. */
const SILENT: Fault = {
	when: "before",
	response: { status: 200, body: "{}" },
	delayMs: 10 * 86_400_000,
};

/** A network on which every address fails like this. */
function failing({ site, clock }: World, code: string) {
	const fake = {
		log: [],
		handle: () => {
			throw Object.assign(new Error(`${code} here`), { code });
		},
	};
	return new FakeDispatcher(
		Object.fromEntries((site.origins ?? []).map((origin) => [origin, fake])),
		clock,
	);
}

/** The peer beside a local store with one table, "Homes". */
async function besideLocal(
	peer: CloudPeer,
	code?: string,
): Promise<{ readonly world: World; readonly client: TestClient }> {
	const world = await openWorld(peer);
	const client = await world.another(undefined, {
		config: {
			connections: {
				local: { vendor: "local" },
				[peer.id]: { vendor: peer.id, ...world.site.config },
			},
		},
		...(code === undefined ? {} : { dispatcher: failing(world, code) }),
	});
	if (code === undefined) world.faulty(() => SILENT);
	await client.ok("create_table", {
		connection: "local",
		name: "Homes",
		fields: [{ name: "Street", type: "text" }],
	});
	return { world, client };
}

const WAYS = {
	"never answers": undefined,
	"refuses the connection": "ECONNREFUSED",
	"has no address": "ENOTFOUND",
	"is not routed": "EHOSTUNREACH",
} as const;

for (const [way, code] of Object.entries(WAYS)) {
	eachCloudPeer(`a vendor that ${way}`, async (peer) => {
		const { world, client } = await besideLocal(peer, code);
		const inTime = async (
			how: "ok" | "refused",
			tool: string,
			args: object,
		) => {
			const started = world.clock.now();
			const answer = await client[how](tool, args);
			expect(world.clock.now() - started).toBeLessThanOrEqual(ANSWER_MS);
			return answer;
		};
		const reason = code ?? "did not answer";

		// The others are answered, and the one that is missing is named with the reason.
		const found = await inTime("ok", "list_tables", { search: "Homes" });
		expect(found.structured.tables).toHaveLength(1);
		for (const said of [found.text, found.structured.notes.join("\n")]) {
			expect(said).toMatch(
				new RegExp(`not listed: ${peer.id} could not be asked: .*${reason}`),
			);
			expect(said).not.toContain("nothing found");
		}

		const none = await inTime("ok", "list_tables", { search: "Castles" });
		expect(none.text).toContain("nothing found in local");
		expect(none.text).not.toMatch(new RegExp(`nothing found in.*${peer.id}`));
		expect(none.text).toContain(`${peer.id} could not be asked`);

		// Nobody could be asked.
		const alone = await inTime("refused", "list_tables", {
			search: "Homes",
			connection: peer.id,
		});
		expect(alone.text).toContain(reason);

		// A table or a base by its name: found where it can be looked for, else it is said where it was not.
		const named = await inTime("ok", "describe_fields", { table: "Homes" });
		expect(named.text).toContain(`${peer.id} could not be asked`);

		// Nobody waits for it again as long as the name is found elsewhere; what is not found is looked for again.
		const again = world.clock.now();
		const known = await inTime("ok", "describe_fields", { table: "Homes" });
		expect(known.text).toContain(`${peer.id} could not be asked`);
		expect(world.clock.now() - again).toBeLessThanOrEqual(1_000);
		const absent = await inTime("refused", "describe_fields", {
			table: "Castles",
		});
		expect(absent.text).toContain(`${peer.id} could not be asked`);
		const base = await inTime("refused", "create_table", {
			base: "Castles",
			name: "Rooms",
			fields: [{ name: "Name", type: "text" }],
		});
		expect(base.text).toContain(`${peer.id} could not be asked`);
	});
}

test("where nobody could be asked each is named", async () => {
	const [peer, other] = PEERS.filter(
		(each): each is CloudPeer => each.network !== undefined,
	) as [CloudPeer, CloudPeer];
	const world = await openWorld(peer);
	const more = await openWorld(other, { clock: world.clock });
	const client = await world.another(undefined, {
		config: {
			connections: {
				[peer.id]: { vendor: peer.id, ...world.site.config },
				[other.id]: { vendor: other.id, ...more.site.config },
			},
		},
		dispatcher: failing(world, "ECONNREFUSED"),
	});
	const { text } = await client.refused("list_tables", {});
	expect(text).toContain(`${peer.id} could not be asked`);
	expect(text).toContain(`${other.id} could not be asked`);
});
