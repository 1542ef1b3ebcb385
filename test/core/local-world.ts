import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Policy } from "../../src/core/contract/policy.js";
import type { Session } from "../../src/core/contract/session.js";
import { type Located, locate } from "../../src/core/places/locate.js";
import { localVendor } from "../../src/vendors/local/index.js";
import type { Vendor } from "../../src/vendors/vendor.js";
import { type VirtualClock, virtualClock } from "../clock.js";
import { callTool, runningOf, sessionOf } from "../conformance/session.js";

/** The number that every random test starts from; it is part of their names. */
export const SEED = 20_261_120;

export interface LocalWorld {
	readonly clock: VirtualClock;
	readonly session: Session;
	readonly folder: string;
	/** Another process over the same store. */
	another(policy?: Partial<Policy>): Session;
	locate(table: string): Promise<Located>;
}

/** A local store in a folder that goes when the test ends. */
export function localWorld(zone = "America/Santiago"): LocalWorld {
	const folder = mkdtempSync(join(tmpdir(), "tables-mcp-"));
	const clock = virtualClock();
	let seed = 1;
	const another = (policy: Partial<Policy> = {}) => {
		const { session, close } = sessionOf({
			vendor: localVendor as Vendor,
			folder,
			clock,
			zone,
			policy,
			seed: seed++,
		});
		onTestFinished(close);
		return session;
	};
	const session = another();
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	return {
		clock,
		session,
		folder,
		another,
		locate: (table) =>
			locate(session, table, runningOf(session), { maxAgeMs: 0 }),
	};
}

export async function makeTable(
	session: Session,
	name: string,
	fields: readonly object[],
): Promise<string> {
	const { structured } = await callTool(session, "create_table", {
		name,
		fields,
	});
	return structured.table as string;
}

/** What ties tasks to people: seen from both ends unless it is said otherwise. */
export interface WhoSettings {
	readonly two_way?: boolean;
	readonly multiple?: boolean;
}

/** Tables of people and of tasks, whose `Who` links to people; `Tasks` is its other end. */
export async function peopleAndTasks(
	session: Session,
	{ two_way = true, ...settings }: WhoSettings = {},
) {
	const people = await makeTable(session, "People", [
		{ name: "Name", type: "text" },
	]);
	const tasks = await makeTable(session, "Tasks", [
		{ name: "Title", type: "text" },
		{
			name: "Who",
			type: "link",
			settings: {
				link_table: people,
				...(two_way ? { two_way, reverse_name: "Tasks" } : {}),
				...settings,
			},
		},
	]);
	/** Answers the ids of the records, in their order. */
	const make = async (table: string, records: readonly object[]) =>
		(
			await callTool(session, "create_records", {
				table,
				records: records.map((fields) => ({ fields })),
			})
		).structured.ids as readonly string[];
	return { people, tasks, make };
}
