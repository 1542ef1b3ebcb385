import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { callTool } from "../../conformance/session.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { temporaryFolder } from "../../folder.js";
import { fusionSession } from "./fusion-session.js";

/* Writes that the server answers with its own failure: told as what they are, and not sent for ever. */

const INTERNAL = { success: false, code: 500, message: "SERVER_ERROR" };

type Answer = {
	counts: Record<string, number>;
	problems: { message: string }[];
};

/** The first `failures` writes of a method are answered so. */
function world(method: string, body: object, status = 200, failures = 99) {
	const clock = virtualClock();
	const fake = createFusionFake({
		clock,
		switches: { callsPerSecond: Number.POSITIVE_INFINITY },
	});
	const table = fake.addTable({
		name: "Table",
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	fake.addRecords(table, [{ Title: "old" }]);
	let sent = 0;
	const handle: typeof fake.handle = (request) => {
		if (request.method !== method) return fake.handle(request);
		sent++;
		return sent > failures
			? fake.handle(request)
			: {
					status,
					body: JSON.stringify(body),
					headers: { "content-type": "application/json" },
				};
	};
	const { session } = fusionSession({
		fake: { ...fake, handle },
		token: fake.token,
		clock,
		folder: temporaryFolder(),
		zone: "Etc/UTC",
	});
	return {
		fake,
		clock,
		id: fake.rows(table)[0]?.recordId as string,
		sent: () => sent,
		call: async (tool: string, args: object) => {
			const { structured, text } = await callTool(session, tool, {
				table: `fusion:${fake.spaceId}/${table}`,
				...args,
			});
			return { answer: structured as unknown as Answer, text };
		},
	};
}

const update = (id: string) => ({
	records: [{ id, fields: { Title: "new" } }],
});

test.each([200, 500])(
	"an update that fails each time (HTTP %s) is failed after two proofs that nothing was written",
	async (status) => {
		const { call, id, sent, clock } = world("PATCH", INTERNAL, status);
		const from = clock.now();
		const { answer, text } = await call("update_records", update(id));
		expect(answer.counts).toMatchObject({ failed: 1, unknown: 0 });
		expect(answer.problems[0]?.message).toMatch(
			/internal error.*sent 2 times.*nothing was written/,
		);
		expect(text).toContain("NOTHING WRITTEN");
		expect(text).not.toContain("resume");
		expect(sent()).toBe(2);
		expect(clock.now() - from).toBeLessThan(10_000);
	},
);

test("a create that fails each time is failed after two proofs", async () => {
	const { call, sent } = world("POST", INTERNAL);
	const { answer } = await call("create_records", {
		records: [{ fields: { Title: "new" } }],
	});
	expect(answer.counts).toMatchObject({ failed: 1, unknown: 0 });
	expect(sent()).toBe(2);
});

test("one failure of the server is still made good", async () => {
	const { call, id, sent } = world("PATCH", INTERNAL, 200, 1);
	const { answer } = await call("update_records", update(id));
	expect(answer.counts).toMatchObject({ updated: 1 });
	expect(sent()).toBe(2);
});

test("a proxy's failure proves nothing about what the server still does", async () => {
	const { call, id, sent } = world("PATCH", { error: "Bad Gateway" }, 502);
	const { answer } = await call("update_records", update(id));
	expect(answer.counts).toMatchObject({ unknown: 1 });
	expect(sent()).toBeGreaterThan(2);
});

test("a reader's create says the reason and the way round", async () => {
	const { call } = world(
		"POST",
		{ success: false, code: 602, message: "no right" },
		200,
	);
	const { text } = await call("create_records", {
		records: [{ fields: { Title: "new" } }],
	});
	expect(text).toContain("NOTHING WRITTEN");
	expect(text).toContain("Ask a manager of the node for more rights");
	expect(text).not.toContain("resume");
});
