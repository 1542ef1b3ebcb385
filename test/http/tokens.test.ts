import { expect, test } from "vitest";
import { type Token, tokens } from "../../src/http/tokens.js";
import { virtualClock } from "../clock.js";

/** Tokens numbered in the order in which they were fetched. */
function numbered(expiresInMs: number) {
	const clock = virtualClock();
	let fetched = 0;
	const made = tokens(
		async (): Promise<Token> => {
			const value = `token ${++fetched}`;
			await clock.sleep(50);
			return { value, expiresInMs };
		},
		clock,
		60_000,
	);
	return { clock, made, fetched: () => fetched };
}

test("one request serves all who ask at the same time, and later ones", async () => {
	const { made, fetched } = numbered(7_200_000);
	const got = await Promise.all([made.get(), made.get(), made.get()]);
	expect(new Set(got)).toEqual(new Set(["token 1"]));
	expect(await made.get()).toBe("token 1");
	expect(fetched()).toBe(1);
});

test("a token is renewed before it ends", async () => {
	const { clock, made, fetched } = numbered(7_200_000);
	await made.get();
	clock.advance(7_200_000 - 61_000);
	expect(await made.get()).toBe("token 1");
	clock.advance(1_000);
	expect(await made.get()).toBe("token 2");
	expect(fetched()).toBe(2);
});

test("a token that holds for less than the margin serves those who waited for it only", async () => {
	const { made } = numbered(30_000);
	expect(await Promise.all([made.get(), made.get()])).toEqual([
		"token 1",
		"token 1",
	]);
	expect(await made.get()).toBe("token 2");
});

test("a refused token is fetched again once, however many were refused with it", async () => {
	const { made, fetched } = numbered(7_200_000);
	const first = await made.get();
	made.drop(first);
	made.drop(first);
	expect(await Promise.all([made.get(), made.get()])).toEqual([
		"token 2",
		"token 2",
	]);
	// The old one's refusal comes late, and the new one stays.
	made.drop(first);
	expect(await made.get()).toBe("token 2");
	expect(fetched()).toBe(2);
});

test("a failure is reported to all who wait, and not kept", async () => {
	let calls = 0;
	const made = tokens(
		async () => {
			if (++calls === 1) throw new Error("no network");
			return { value: "t", expiresInMs: 100_000 };
		},
		virtualClock(),
		0,
	);
	const both = await Promise.allSettled([made.get(), made.get()]);
	expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
	expect(await made.get()).toBe("t");
	expect(calls).toBe(2);
});
