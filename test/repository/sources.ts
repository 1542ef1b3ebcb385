import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type AnyNode, parse } from "acorn";
import { transformSync } from "esbuild";

export const ROOT = new URL("../..", import.meta.url).pathname;

export interface Source {
	/** From the root of the repository. */
	readonly path: string;
	readonly text: string;
}

export function filesUnder(folder: string, ending: RegExp): readonly Source[] {
	return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
		.filter((name) => ending.test(name))
		.sort()
		.map((name) => {
			const path = join(folder, name);
			return { path, text: readFileSync(join(ROOT, path), "utf8") };
		});
}

export interface Import {
	/** A path from the root for own modules, else the name of the package. */
	readonly to: string;
	readonly own: boolean;
	/** Loaded when the code comes to it, not with the file. */
	readonly lazy: boolean;
}

export interface Module extends Source {
	readonly imports: readonly Import[];
	/** Statements at the top that do something on import. */
	readonly effects: readonly string[];
	/** Names that are used and declared nowhere in the file. */
	readonly globals: ReadonlySet<string>;
	/** What is not the same at every run, however it is written: `Date.now`, `new Date()`, `import.meta`, `import(name)`. */
	readonly impure: ReadonlySet<string>;
}

/** A module as its syntax tree has it. Imports of types count like any other: they are knowledge, too. */
export function readModule({ path, text }: Source): Module {
	const { code } = transformSync(
		text
			.replace(/^import type (?=[{*\w])|^export type (?=[{*])/gm, (words) =>
				words.replace("type ", ""),
			)
			.replace(/([{,]\s*)type (?=\w+(?:\s+as\s+\w+)?\s*[,}])/g, "$1"),
		{
			loader: "ts",
			tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
		},
	);
	const tree = parse(code, { ecmaVersion: "latest", sourceType: "module" });
	const imports: Import[] = [];
	const names = new Set<string>();
	const impure = new Set<string>();
	const declared = new Set<string>();
	const found = (source: unknown, lazy = false) => {
		if (typeof source !== "string") return;
		const own = source.startsWith(".");
		imports.push({
			own,
			lazy,
			to: own
				? relative(ROOT, join(ROOT, dirname(path), source)).replace(
						/\.js$/,
						".ts",
					)
				: (/^(?:node:)?(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? source),
		});
	};
	const declare = (pattern: AnyNode | null): void => {
		switch (pattern?.type) {
			case "Identifier":
				declared.add(pattern.name);
				break;
			case "ObjectPattern":
				for (const property of pattern.properties)
					declare(
						property.type === "Property" ? property.value : property.argument,
					);
				break;
			case "ArrayPattern":
				for (const element of pattern.elements) declare(element);
				break;
			case "AssignmentPattern":
				declare(pattern.left);
				break;
			case "RestElement":
				declare(pattern.argument);
				break;
		}
	};
	const visit = (node: AnyNode, parent?: AnyNode): void => {
		switch (node.type) {
			case "ImportDeclaration":
				found(node.source.value);
				for (const { local } of node.specifiers) declared.add(local.name);
				return;
			case "ExportNamedDeclaration":
			case "ExportAllDeclaration":
				found(node.source?.value);
				break;
			case "ImportExpression":
				if (node.source.type === "Literal") found(node.source.value, true);
				else impure.add("import(name)");
				break;
			case "MetaProperty":
				impure.add(`${node.meta.name}.${node.property.name}`);
				break;
			case "NewExpression":
				if (isNamed(node.callee, "Date") && node.arguments.length === 0)
					impure.add("new Date()");
				break;
			case "MemberExpression":
				for (const [object, property] of IMPURE_MEMBERS)
					if (isNamed(node.object, object) && isMember(node, property))
						impure.add(`${object}.${property}`);
				break;
			case "VariableDeclarator":
				declare(node.id);
				break;
			case "CatchClause":
				declare(node.param ?? null);
				break;
			case "FunctionDeclaration":
			case "FunctionExpression":
			case "ArrowFunctionExpression":
			case "ClassDeclaration":
				if ("id" in node) declare(node.id ?? null);
				if ("params" in node) for (const param of node.params) declare(param);
				break;
			case "Identifier":
				if (
					!(
						parent?.type === "MemberExpression" &&
						parent.property === node &&
						!parent.computed
					) &&
					!(
						(parent?.type === "Property" ||
							parent?.type === "MethodDefinition" ||
							parent?.type === "PropertyDefinition") &&
						parent.key === node &&
						!parent.computed &&
						!("shorthand" in parent && parent.shorthand)
					)
				)
					names.add(node.name);
				break;
		}
		for (const value of Object.values(node))
			for (const child of Array.isArray(value) ? value : [value])
				if (isNode(child)) visit(child, node);
	};
	visit(tree);
	return {
		path,
		text,
		imports,
		effects: tree.body.flatMap((statement) =>
			statement.type === "ExpressionStatement" ||
			(statement.type === "VariableDeclaration" && statement.kind !== "const")
				? [code.slice(statement.start, statement.end).split("\n", 1)[0] ?? ""]
				: [],
		),
		globals: new Set([...names].filter((name) => !declared.has(name))),
		impure,
	};
}

const IMPURE_MEMBERS = [
	["Date", "now"],
	["Math", "random"],
] as const;

function isNamed(node: AnyNode, name: string): boolean {
	return node.type === "Identifier" && node.name === name;
}

/** `.now` and `["now"]`; a name that is computed may be any. */
function isMember(
	{ property, computed }: AnyNode & { type: "MemberExpression" },
	name: string,
): boolean {
	if (!computed)
		return property.type === "Identifier" && property.name === name;
	return property.type !== "Literal" || property.value === name;
}

function isNode(value: unknown): value is AnyNode {
	return (
		typeof value === "object" &&
		value !== null &&
		"type" in value &&
		typeof value.type === "string"
	);
}
