import { parseSync } from "oxc-parser";
import { expect, test } from "vitest";
import { filesUnder } from "./sources.js";

/*
 * Whoever may send a text must not be able to stop the process with it: no regular expression of the product takes
 * more than about linear time, whatever it is tried on.
 */

const LENGTH = 30_000;
/** Linear ones take a few milliseconds, quadratic ones a second. */
const MOST_MS = 150;

const UNITS = [
	..." \t\n.,:;-_/\\'\"[](){}<>&#%@+*=|~^",
	..."0aAéß年 ",
	"\u00a0",
	"1 ",
	"a.",
	"a ",
	"[a",
	"m:",
	'""',
	"\\a",
	"<a ",
	"日 ",
];
const TEXTS = UNITS.flatMap((unit) => {
	const run = unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH);
	return [`1${run}x`, `a${run}\u0001`];
});

interface Literal {
	readonly place: string;
	readonly regex: RegExp;
}

/** Every regular expression that is written in the text. */
function literalsIn(path: string, text: string): readonly Literal[] {
	const found: Literal[] = [];
	const walk = (node: unknown): void => {
		if (Array.isArray(node)) {
			for (const one of node) walk(one);
			return;
		}
		if (typeof node !== "object" || node === null) return;
		const { type, regex, start } = node as {
			type?: string;
			regex?: { pattern: string; flags: string };
			start?: number;
		};
		if (type === "Literal" && regex !== undefined) {
			const line = text.slice(0, start).split("\n").length;
			found.push({
				place: `${path}:${line}`,
				regex: new RegExp(regex.pattern, regex.flags),
			});
		}
		for (const [key, value] of Object.entries(node))
			if (key !== "regex") walk(value);
	};
	walk(parseSync(path, text).program);
	return found;
}

test("every regular expression is about linear", () => {
	const literals = filesUnder("src", /\.ts$/).flatMap(({ path, text }) =>
		literalsIn(path, text),
	);
	expect(literals.length).toBeGreaterThan(150);
	const slow = literals.flatMap(({ place, regex }) => {
		for (const text of TEXTS) {
			const start = process.cpuUsage();
			text.replace(regex, "");
			const { user, system } = process.cpuUsage(start);
			const tookMs = (user + system) / 1_000;
			if (tookMs > MOST_MS)
				return [
					`${place} ${regex} takes ${Math.round(tookMs)} ms for ${JSON.stringify(text.slice(0, 8))}…`,
				];
		}
		return [];
	});
	expect(slow, slow.join("\n")).toEqual([]);
}, 120_000);
