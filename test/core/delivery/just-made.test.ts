import { expect, test } from "vitest";
import { isJustMade, noteMade } from "../../../src/core/delivery/just-made.js";
import { virtualClock } from "../../clock.js";

const made = (id: string) => ({ index: 0, outcome: "created", id }) as const;

test("what was made is known for as long as servers may disagree, and not once it is deleted", () => {
	const session = { memory: new Map(), clock: virtualClock() };
	noteMade(session, [made("a"), made("b")]);
	session.clock.advance(2_000);
	noteMade(session, [made("c"), { index: 1, outcome: "deleted", id: "b" }]);
	expect(["a", "b", "c"].filter((id) => isJustMade(session, id))).toEqual([
		"a",
		"c",
	]);
	session.clock.advance(1_000);
	expect(["a", "c"].filter((id) => isJustMade(session, id))).toEqual(["c"]);
});

test("of very many the latest are kept", () => {
	const session = { memory: new Map(), clock: virtualClock() };
	noteMade(
		session,
		Array.from({ length: 50_000 }, (_, index) => made(`r${index}`)),
	);
	expect(isJustMade(session, "r49999")).toBe(true);
	expect([...session.memory.values()].map(({ size }) => size)).toEqual([
		20_000,
	]);
});
