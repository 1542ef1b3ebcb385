import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { FieldType } from "../../src/core/contract/field.js";
import type { ChangeWriter, Journal } from "../../src/core/contract/journal.js";
import type { Running } from "../../src/core/contract/running.js";
import type { Session } from "../../src/core/contract/session.js";
import type { WriteAnswer } from "../../src/core/delivery/answer.js";
import { type VirtualClock, virtualClock } from "../clock.js";
import { callTool, runningOf, sessionOf } from "../conformance/session.js";
import {
	KILLED,
	type Scripted,
	type ScriptedOptions,
	scripted,
} from "./scripted-adapter.js";

/** A scripted vendor behind a session with a real journal, and a table to write into. */
export interface ScriptedWorld extends Scripted {
	readonly clock: VirtualClock;
	readonly session: Session;
	/** Reference of a table with Title (text) and Count (number). */
	readonly table: string;
	readonly folder: string;
	/** A second process of the same person: the same folder and vendor, nothing else. */
	another(): Session;
	write(
		tool: string,
		args: Readonly<Record<string, unknown>>,
		running?: Running,
		session?: Session,
	): Promise<WriteAnswer>;
	makeTable(name: string): Promise<string>;
	/** Titles as they are stored, in order of creation. */
	titles(): readonly string[];
	/** Calls of one method so far, after the table was made. */
	sent(method: string): readonly number[];
}

export async function scriptedWorld(
	options: Omit<ScriptedOptions, "clock"> & { readonly undo?: boolean } = {},
): Promise<ScriptedWorld> {
	const folder = mkdtempSync(join(tmpdir(), "tables-mcp-"));
	const clock = virtualClock();
	let killed = false;
	const { script } = options;
	const vendor = scripted({
		...options,
		clock,
		...(script === undefined
			? {}
			: {
					script: (call) => {
						const step = script(call);
						killed ||= step?.lose === KILLED;
						return step;
					},
				}),
	});
	let seed = 1;
	const open = () => {
		const { session, close } = sessionOf({
			vendor: vendor.vendor,
			folder,
			clock,
			seed: seed++,
			undo: options.undo ?? true,
		});
		onTestFinished(close);
		killed = false;
		return { ...session, journal: mortal(session.journal, () => killed) };
	};
	const session = open();
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const makeTable = async (name: string) =>
		(
			await callTool(session, "create_table", {
				base: "base1",
				name,
				fields: [
					{ name: "Title", type: "text" satisfies FieldType },
					{ name: "Count", type: "number" satisfies FieldType },
				],
			})
		).structured.table as string;
	const table = await makeTable("Tasks");
	return {
		...vendor,
		clock,
		session,
		table,
		folder,
		another: open,
		makeTable,
		write: async (tool, args, running, where = session) => {
			const answer = await callTool(
				where,
				tool,
				{ table, ...args },
				running ?? runningOf(where),
			);
			if (killed) throw KILLED;
			return answer.structured as unknown as WriteAnswer;
		},
		titles: () => vendor.cells(table).map(({ Title }) => String(Title)),
		sent: (method) =>
			vendor.calls
				.filter((call) => call.method === method)
				.map(({ size }) => size),
	};
}

/** A process that was killed writes nothing any more, and is gone. */
function mortal(journal: Journal, dead: () => boolean): Journal {
	const wrapped = (writer: ChangeWriter): ChangeWriter => ({
		change: writer.change,
		append: async (event) => {
			if (dead()) throw KILLED;
			await writer.append(event);
		},
		close: () => writer.close(),
	});
	return {
		...journal,
		begin: async (start) => wrapped(await journal.begin(start)),
		adopt: async (change) => wrapped(await journal.adopt(change)),
	};
}

export const named = (count: number, prefix = "t") =>
	Array.from({ length: count }, (_, index) => `${prefix}${index}`);

export const recordsOf = (titles: readonly string[]) =>
	titles.map((title) => ({ fields: { Title: title } }));
