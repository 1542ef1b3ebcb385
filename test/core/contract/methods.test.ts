import { expect, test } from "vitest";
import { METHOD_FACTS } from "../../../src/core/contract/methods.js";

/** How the name of a method that changes something begins. */
const CHANGES =
	/^(create|update|delete|rename|add|remove|copy|share|unshare|save|switch|upload)[A-Z]/;

test("what a method does is what its name says: a change is a write, so that a read-only policy refuses it", () => {
	const wrong = [...METHOD_FACTS]
		.filter(([name, { does }]) => CHANGES.test(name) !== (does === "write"))
		.map(([name, { does }]) => `${name}: ${does}`);
	expect(wrong).toEqual([]);
});
