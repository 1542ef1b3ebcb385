import { request } from "undici";
import { expect, test } from "vitest";
import { virtualClock } from "../clock.js";
import { FakeDispatcher } from "./dispatcher.js";
import { jsonResponse, withFaults } from "./fake.js";
import { listen } from "./listen.js";

const clock = virtualClock();
const echo = () =>
	withFaults(
		(asked) =>
			jsonResponse(200, {
				path: asked.path,
				query: asked.query,
				body: asked.body.toString(),
			}),
		{ clock },
	);

test("a fake answers the same through the dispatcher and over a socket", async () => {
	const fake = echo();
	const listening = await listen(fake);
	const ask = { method: "POST", body: "payload" } as const;
	const inProcess = await request("https://api.example.com/a%2Fb?c=d%20e", {
		...ask,
		dispatcher: new FakeDispatcher({ "https://api.example.com": fake }, clock),
	});
	const overSocket = await request(`${listening.origin}/a%2Fb?c=d%20e`, ask);
	const expected = { path: "/a%2Fb", query: "c=d%20e", body: "payload" };
	expect(await inProcess.body.json()).toEqual(expected);
	expect(await overSocket.body.json()).toEqual(expected);
	await listening.close();
});

test("a delay costs virtual time only, and a broken answer is an error", async () => {
	const fake = withFaults(
		() => jsonResponse(200, { text: "long enough to cut" }),
		{
			clock,
			fault: (asked) =>
				asked.path === "/slow"
					? { when: "after", delayMs: 3_600_000 }
					: { when: "after", broken: "mid-body" },
		},
	);
	const dispatcher = new FakeDispatcher(
		{ "https://api.example.com": fake },
		clock,
	);
	const before = clock.now();
	const slow = await request("https://api.example.com/slow", { dispatcher });
	expect(slow.statusCode).toBe(200);
	expect(clock.now() - before).toBe(3_600_000);
	const cut = await request("https://api.example.com/cut", { dispatcher });
	await expect(cut.body.json()).rejects.toThrow();
});
