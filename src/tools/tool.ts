import type { z } from "zod";
import type { Capability } from "../core/contract/methods.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";

export const TOOLSETS = [
	"records",
	"views",
	"schema",
	"files",
	"changes",
	"bases",
	"forms",
	"dashboards",
	"roles",
	"contacts",
	"automations",
] as const;
export type Toolset = (typeof TOOLSETS)[number];

/** What each can do, for a model that reads which of them are off. */
export const TOOLSET_WORDS: Readonly<Record<Toolset, string>> = {
	records: "read and write",
	views: "make, change, delete",
	schema: "tables and fields",
	files: "import, export, attachments",
	changes: "history and undo",
	bases: "make, copy, share",
	forms: "read and set",
	dashboards: "list and copy",
	roles: "access rights, members",
	contacts: "people and departments",
	automations: "list, switch existing",
};

export const DEFAULT_TOOLSETS: readonly Toolset[] = [
	"records",
	"views",
	"schema",
	"files",
	"changes",
];

export interface ToolAnswer {
	/** Complete by itself: some clients show only this. */
	readonly text: string;
	/** Complete by itself as well; has no more than `text` says. */
	readonly structured: Readonly<Record<string, unknown>>;
	readonly isError?: boolean;
	/** Further blocks, such as images. */
	readonly blocks?: readonly {
		readonly type: "image";
		readonly data: string;
		readonly mimeType: string;
	}[];
}

export interface Tool<Input extends z.ZodObject = z.ZodObject> {
	/** verb_noun. */
	readonly name: string;
	readonly toolset: Toolset;
	readonly title: string;
	/** For the agent: when to use it, what comes back, what to do next. */
	readonly description: string;
	readonly input: Input;
	/** Loose: names what is always there. */
	readonly output: z.ZodObject;
	readonly hints: {
		readonly readOnlyHint: boolean;
		readonly destructiveHint: boolean;
		readonly idempotentHint: boolean;
		readonly openWorldHint: boolean;
	};
	/**
	 * Changes files of the files folder and nothing of a connection: it is listed where all is read-only as well, and
	 * asks by itself before a file is replaced. Absent: what it changes is a connection's.
	 */
	readonly onlyFiles?: true;
	/** Listed when a connection has one of these; absent = always. A tool that writes is not listed where all is read-only. */
	readonly needs?: readonly Capability[];
	run(
		input: z.infer<Input>,
		session: Session,
		running: Running,
	): Promise<ToolAnswer>;
}

/** Does it leave everything of a connection as it is, whatever it writes into the files folder? */
export function onlyReads(tool: Pick<Tool, "hints" | "onlyFiles">): boolean {
	return tool.hints.readOnlyHint || tool.onlyFiles === true;
}

/** Keeps the input's type for `run`, and loses it for the list. */
export function defineTool<Input extends z.ZodObject>(tool: Tool<Input>): Tool {
	return tool as unknown as Tool;
}
