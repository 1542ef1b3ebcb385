import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { ERROR_CODES } from "../../src/core/contract/errors.js";
import { filesUnder, type Source } from "./sources.js";

interface Node {
	readonly type: string;
	readonly start: number;
	readonly end: number;
	readonly [key: string]: unknown;
}

/** A member of an exported interface, with the comment that stands before it. */
interface Member {
	/** `file: Interface.member`. */
	readonly place: string;
	readonly name: string;
	readonly doc: string | undefined;
	readonly isOptional: boolean;
	/** It is a method that answers later. */
	readonly isAsync: boolean;
}

const PROMISES = /^(Promise|AsyncIterable)</;

/** What an exported declaration or a member is said to be by the doc comment right before it. */
function docBefore(
	{ text }: Source,
	comments: readonly { readonly start: number; readonly end: number }[],
	start: number,
): string | undefined {
	const comment = comments.find(
		({ end }) => end <= start && text.slice(end, start).trim() === "",
	);
	if (comment === undefined) return undefined;
	const whole = text.slice(comment.start, comment.end);
	return whole.startsWith("/**")
		? whole
				.replace(/^\/\*\*|\*\/$/g, "")
				.replace(/^\s*\* ?/gm, "")
				.trim()
		: undefined;
}

function readContract(source: Source): {
	readonly declarations: readonly Pick<Member, "place" | "doc">[];
	readonly members: readonly Member[];
} {
	const { program, comments, errors } = parseSync(source.path, source.text);
	expect(errors).toEqual([]);
	const exported = (
		program as unknown as { body: readonly Node[] }
	).body.filter(
		({ type, declaration }) =>
			type === "ExportNamedDeclaration" && declaration != null,
	);
	const file = source.path.replace(/^.*\//, "");
	const declarations = exported.map((node) => ({
		place: `${file}: ${nameOf(node.declaration as Node)}`,
		doc: docBefore(source, comments, node.start),
	}));
	const members = exported.flatMap(({ declaration }) => {
		const { type, body, id } = declaration as Node;
		if (type !== "TSInterfaceDeclaration") return [];
		return (body as { body: readonly Node[] }).body.map((member): Member => {
			const name = nameOf(member);
			const answer = (member.returnType ?? undefined) as
				| { typeAnnotation: Node }
				| undefined;
			return {
				place: `${file}: ${(id as Node).name}.${name}`,
				name,
				doc: docBefore(source, comments, member.start),
				isOptional: member.optional === true,
				isAsync:
					member.type === "TSMethodSignature" &&
					answer !== undefined &&
					PROMISES.test(
						source.text.slice(
							answer.typeAnnotation.start,
							answer.typeAnnotation.end,
						),
					),
			};
		});
	});
	return { declarations, members };
}

function nameOf(node: Node): string {
	const [variable] = (node.declarations ?? []) as readonly Node[];
	const holder = (variable?.id ?? node.id ?? node.key) as Node | undefined;
	return String(holder?.name ?? holder?.value ?? "");
}

/** Words of a name and of a text, in the same form. */
const wordsOf = (text: string) =>
	text
		.replace(/([a-z])([A-Z])/g, "$1 $2")
		.toLowerCase()
		.match(/[a-z]+/g) ?? [];

const ARTICLES = new Set(["a", "an", "the", "of", "its", "this"]);

const faultsOf = ({ name, doc, isOptional, isAsync }: Member): string[] => {
	if (doc === undefined) return ["has no docstring"];
	const own = new Set([...wordsOf(name), ...ARTICLES]);
	const [says = ""] = doc.split(/Absent:|@throws/);
	return [
		...(wordsOf(says).every((word) => own.has(word))
			? ["says nothing but its own name"]
			: []),
		...(isOptional && !/\bAbsent: \S/.test(doc)
			? ["does not say what absence means (Absent: …)"]
			: []),
		...(isAsync && !/@throws \S|\b[Nn]ever throws\b/.test(doc)
			? ["does not say what it throws"]
			: []),
		...[...doc.matchAll(/@throws TablesError (\w+)/g)].flatMap(([, code]) =>
			(code as string) in ERROR_CODES ? [] : [`throws no code "${code}"`],
		),
	];
};

const files = filesUnder("src/core/contract", /\.ts$/);
const contract = files.map((source) => ({ source, ...readContract(source) }));

describe("the contract", () => {
	test("says of each of its members what it means, without it, and when it fails", () => {
		const members = contract.flatMap(({ members }) => members);
		expect(members.length).toBeGreaterThan(250);
		expect(
			members.flatMap((member) =>
				faultsOf(member).map((fault) => `${member.place} ${fault}`),
			),
		).toEqual([]);
	});

	test("says of everything it exports what it is", () => {
		expect(
			contract
				.flatMap(({ declarations }) => declarations)
				.filter(({ doc }) => doc === undefined)
				.map(({ place }) => place),
		).toEqual([]);
	});

	test("is explained as much as it is written: 37 % of its lines are comments", () => {
		const lines = files.reduce(
			(sum, { text }) => sum + text.trimEnd().split("\n").length,
			0,
		);
		const commented = files.reduce(
			(sum, source) => sum + commentLines(source),
			0,
		);
		expect(commented / lines).toBeGreaterThanOrEqual(0.37);
	});
});

/** Lines that hold nothing but a comment. */
function commentLines({ path, text }: Source): number {
	return parseSync(path, text).comments.reduce(
		(sum, { start, end }) =>
			/^[ \t]*$/.test(text.slice(text.lastIndexOf("\n", start) + 1, start))
				? sum + text.slice(start, end).split("\n").length
				: sum,
		0,
	);
}

test("faults of a member are seen", () => {
	const text = `
export interface Sample {
	bare: string;
	/** The table id. */
	tableId: string;
	/** Rows of a page. */
	page?: number;
	/** Reads what is there. */
	read(): Promise<void>;
	/** Reads more. @throws TablesError nonsense */
	more(): Promise<void>;
	/** Rows of a page. Absent: all. */
	good?: number;
}
`;
	const { members, declarations } = readContract({ path: "sample.ts", text });
	expect(declarations.map(({ doc }) => doc)).toEqual([undefined]);
	expect(members.map(faultsOf)).toEqual([
		["has no docstring"],
		["says nothing but its own name"],
		["does not say what absence means (Absent: …)"],
		["does not say what it throws"],
		['throws no code "nonsense"'],
		[],
	]);
});
