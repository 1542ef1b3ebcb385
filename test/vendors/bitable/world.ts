import { onTestFinished } from "vitest";
import type { Adapter } from "../../../src/core/contract/adapter.js";
import type { CallContext } from "../../../src/core/contract/call-context.js";
import type { Session } from "../../../src/core/contract/session.js";
import type { Table } from "../../../src/core/contract/table.js";
import type { ToolAnswer } from "../../../src/tools/tool.js";
import { type VirtualClock, virtualClock } from "../../clock.js";
import { callTool, failureOf } from "../../conformance/session.js";
import {
	type BitableFake,
	type BitableSwitches,
	createBitableFake,
	type SeedField,
} from "../../fakes/bitable/index.js";
import type { FaultPlan } from "../../fakes/fake.js";
import { temporaryFolder } from "../../folder.js";
import { bitableSession } from "./bitable-session.js";

export const CALL: CallContext = { priority: "interactive" };

/** One base, one table, and the vendor's adapter over them. */
export interface World {
	readonly fake: BitableFake;
	readonly clock: VirtualClock;
	readonly session: Session;
	readonly adapter: Adapter;
	readonly base: string;
	/** Table id and reference. */
	readonly table: string;
	readonly reference: string;
	tool(name: string, args?: object): Promise<ToolAnswer>;
	refused(name: string, args?: object): ReturnType<typeof failureOf>;
	read(): Promise<Table>;
	/** "METHOD /path" of the calls since the last look, tokens left out. */
	sent(): string[];
}

export const FIELDS: readonly SeedField[] = [
	{ name: "Title", type: 1 },
	{ name: "Amount", type: 2 },
	{
		name: "State",
		type: 3,
		property: { options: [{ name: "Open" }, { name: "Done" }] },
	},
];

export async function openWorld(
	options: {
		readonly fields?: readonly SeedField[];
		readonly switches?: Partial<BitableSwitches>;
		readonly config?: Readonly<Record<string, unknown>>;
		readonly undo?: boolean;
		readonly formulaType?: 1 | 2;
		fault?: FaultPlan;
	} = {},
): Promise<World> {
	const clock = virtualClock();
	const fake = createBitableFake({
		clock,
		fault: (request) => options.fault?.(request),
		...(options.switches === undefined ? {} : { switches: options.switches }),
	});
	const base = fake.addBase({
		name: "Work",
		...(options.formulaType === undefined
			? {}
			: { formulaType: options.formulaType }),
	});
	const table = fake.addTable(base, {
		name: "Tasks",
		fields: options.fields ?? FIELDS,
	});
	const { session, close } = bitableSession({
		fake,
		clock,
		folder: temporaryFolder(),
		config: { bases: [base], ...options.config },
		undo: options.undo ?? false,
	});
	onTestFinished(close);
	const adapter = await session.connections.get("bitable")?.adapter();
	if (adapter === undefined) throw new Error("no adapter");
	let seen = 0;
	return {
		fake,
		clock,
		session,
		adapter,
		base,
		table,
		reference: `bitable:${base}/${table}`,
		tool: (name, args = {}) =>
			callTool(session, name, args as Record<string, unknown>),
		refused: (name, args = {}) =>
			failureOf(callTool(session, name, args as Record<string, unknown>)),
		read: () => adapter.readTable({ base, table }, CALL),
		sent() {
			const calls = fake.log
				.slice(seen)
				.map(({ request }) => `${request.method} ${request.path}`)
				.filter((call) => !call.includes("/auth/"));
			seen = fake.log.length;
			return calls;
		},
	};
}
