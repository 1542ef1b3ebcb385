import { expect, test } from "vitest";
import { functionsOf, quantile } from "./shape.js";

const TEXT = `
/** Not counted. */
export function outer(a: number, { b }: { b: string }, ...rest: string[]) {
	const first = a;

	// Not counted.
	const inner = (x: string) => {
		const y = x;
		return y;
	};
	return inner(b + first + rest.join());
}
export const value = {
	method(one: 1, two: 2) {
		return one + two;
	},
};
`;

test("functions are found with their parameters and their own lines", () => {
	expect(
		functionsOf({ path: "a.ts", text: TEXT }).map(
			({ name, line, parameters, ownLines }) => [
				name,
				line,
				parameters,
				ownLines,
			],
		),
	).toEqual([
		["inner", 7, 1, 4],
		["outer", 3, 3, 6],
		["method", 14, 2, 3],
	]);
});

test("a quantile is one of the values", () => {
	expect(quantile([5, 1, 3, 2, 4], 0.5)).toBe(3);
	expect(quantile([1, 2], 0.95)).toBe(2);
	expect(quantile([], 0.95)).toBe(0);
});
