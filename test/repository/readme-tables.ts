import type { ZodObject } from "zod";
import { VARIABLES } from "../../src/config.js";
import { tools } from "../../src/tools/index.js";
import { DEFAULT_TOOLSETS, TOOLSETS, type Tool } from "../../src/tools/tool.js";
import { vendors } from "../../src/vendors/index.js";

/** The parts of README.md that the code decides, by the name in their markers. */
const TABLES = {
	tools: toolTable,
	variables: variableTable,
	keys: keyTable,
} as const satisfies Record<string, () => string>;

/** README.md with every part between `<!-- name -->` and `<!-- /name -->` made again. */
export function withTables(readme: string): string {
	return Object.entries(TABLES).reduce((text, [name, make]) => {
		const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
		const [start, end] = [text.indexOf(from), text.indexOf(to)];
		if (start < 0 || end < start)
			throw new Error(`README.md has no part between ${from} and ${to}`);
		return `${text.slice(0, start + from.length)}\n${make()}\n${text.slice(end)}`;
	}, readme);
}

function table(
	head: readonly string[],
	rows: readonly (readonly string[])[],
): string {
	const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
	return [line(head), line(head.map(() => "---")), ...rows.map(line)].join(
		"\n",
	);
}

function toolTable(): string {
	const works = (tool: Tool, { capabilities }: (typeof vendors)[number]) =>
		tool.needs === undefined ||
		tool.needs.some((capability) => capabilities[capability] === true);
	return table(
		[
			"toolset",
			"tool",
			"what it does",
			...vendors.map(({ id }) => `\`${id}\``),
		],
		TOOLSETS.flatMap((toolset) =>
			tools
				.filter((tool) => tool.toolset === toolset)
				.map((tool, index) => [
					index > 0
						? ""
						: `**${toolset}**${DEFAULT_TOOLSETS.includes(toolset) ? "" : " (off)"}`,
					`\`${tool.name}\``,
					firstSentence(tool.description),
					...vendors.map((vendor) => (works(tool, vendor) ? "yes" : "–")),
				]),
		),
	);
}

function firstSentence(text: string): string {
	return (/^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text).replaceAll("|", "\\|");
}

function variableTable(): string {
	return table(
		["variable", "meaning"],
		[...vendors.flatMap(({ variables }) => variables), ...VARIABLES].map(
			({ name, description, secret }) => [
				`\`${name}\``,
				`${description.replaceAll("|", "\\|")}${secret ? " (secret)" : ""}`,
			],
		),
	);
}

function keyTable(): string {
	return table(
		["`vendor`", "its keys"],
		vendors.map(({ id, config }) => [
			`\`${id}\``,
			Object.keys((config as unknown as ZodObject).shape)
				.map((key) => `\`${key}\``)
				.join(" "),
		]),
	);
}
