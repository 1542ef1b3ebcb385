import { parseSync } from "oxc-parser";
import type { Source } from "./sources.js";

/** One function as it stands in a file. */
export interface FunctionShape {
	readonly path: string;
	readonly name: string;
	/** From 1. */
	readonly line: number;
	/** Positional parameters; one that is taken apart counts as one. */
	readonly parameters: number;
	/** Lines of its own: without those of functions inside it, blank lines and comments. */
	readonly ownLines: number;
}

interface Node {
	readonly type: string;
	readonly start: number;
	readonly end: number;
	readonly [key: string]: unknown;
}

const FUNCTIONS: ReadonlySet<string> = new Set([
	"FunctionDeclaration",
	"FunctionExpression",
	"ArrowFunctionExpression",
]);

/** Every function of a file, those inside of others too. */
export function functionsOf({ path, text }: Source): readonly FunctionShape[] {
	const { program, comments } = parseSync(path, text);
	const blank = new Set<number>();
	const lineAt = lineFinder(text);
	const bare = comments.reduce(
		(rest, { start, end }) =>
			rest.slice(0, start) +
			rest.slice(start, end).replace(/[^\n]/g, " ") +
			rest.slice(end),
		text,
	);
	bare.split("\n").forEach((line, index) => {
		if (line.trim() === "") blank.add(index + 1);
	});
	const found: FunctionShape[] = [];
	const walk = (node: Node, owner: string, taken: Set<number>) => {
		const isFunction = FUNCTIONS.has(node.type);
		const own = isFunction ? new Set<number>() : taken;
		const name = nameOf(node) ?? owner;
		for (const child of childrenOf(node)) walk(child, name, own);
		if (!isFunction) return;
		const [first, last] = [lineAt(node.start), lineAt(node.end)];
		let ownLines = 0;
		for (let line = first; line <= last; line++) {
			if (!own.has(line) && !blank.has(line)) ownLines++;
			// A line on which it begins or ends belongs to what it stands in as well.
			if (line !== first && line !== last) taken.add(line);
		}
		for (const line of own) taken.add(line);
		found.push({
			path,
			name: name === "" ? "(nameless)" : name,
			line: first,
			parameters: (node.params as readonly unknown[]).length,
			ownLines,
		});
	};
	walk(program as unknown as Node, "", new Set());
	return found;
}

/** The name that a declaration, a variable or a property gives to what stands in it. */
function nameOf(node: Node): string | undefined {
	const holder = (node.id ?? node.key) as Node | null | undefined;
	return typeof holder?.name === "string" ? holder.name : undefined;
}

function childrenOf(node: Node): readonly Node[] {
	return Object.values(node).flatMap((value) =>
		(Array.isArray(value) ? value : [value]).filter(
			(child): child is Node =>
				typeof child === "object" &&
				child !== null &&
				typeof (child as Node).type === "string",
		),
	);
}

function lineFinder(text: string): (offset: number) => number {
	const starts = [0];
	for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1))
		starts.push(at + 1);
	return (offset) => {
		let low = 0;
		let high = starts.length;
		while (high - low > 1) {
			const middle = (low + high) >> 1;
			if ((starts[middle] as number) <= offset) low = middle;
			else high = middle;
		}
		return low + 1;
	};
}

/** The value that so large a part of them does not pass, 0 to 1. */
export function quantile(values: readonly number[], part: number): number {
	const sorted = [...values].sort((one, two) => one - two);
	return (
		sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ??
		0
	);
}
