import type { Dispatcher } from "undici";
import type { VirtualClock } from "../../clock.js";
import { createBitableSample } from "../../fakes/bitable/sample.js";
import { createDingtalkSample } from "../../fakes/dingtalk/sample.js";
import { FakeDispatcher } from "../../fakes/dispatcher.js";
import { createFusionSample } from "../../fakes/fusion/sample.js";
import { LOCAL_TABLES, type LocalTable, leadsFile, TODAY } from "./tables.js";

/** Noon of the day on which everybody asks, where the office is. */
export const NOON_MS = Date.parse(`${TODAY}T12:00:00+08:00`);

/** What all requests may take, in tokens of arguments and answers' text. */
export const REQUESTS_BUDGET_TOKENS = 6_500;

/** One call of a tool, as a client sees it. */
export type Call = (
	tool: string,
	args: object,
) => Promise<{
	readonly text: string;
	// biome-ignore lint/suspicious/noExplicitAny: answers of many tools are looked into
	readonly structured: any;
	readonly isError: boolean;
}>;

/** A server over the office's accounts, whoever started it. */
export interface OfficeServer {
	readonly call: Call;
	/** Puts a file into the files folder. */
	put(file: string, content: string): void;
}

/** The office's accounts in place of the network. */
export interface Office {
	/** The variables of a server that has them all. */
	readonly environment: Readonly<Record<string, string>>;
	readonly dispatcher: Dispatcher;
}

const ORIGINS = {
	fusion: "https://fusion.example",
	bitable: "https://bitable.example",
	dingtalk: "https://dingtalk.example",
};
const OPPORTUNITIES = 600;

export function openOffice(clock: VirtualClock): Office {
	const fusion = createFusionSample({ clock, contacts: 0 });
	const bitable = createBitableSample({ clock, opportunities: OPPORTUNITIES });
	const dingtalk = createDingtalkSample({ clock });
	return {
		environment: {
			TABLES_MCP_LOCAL: "1",
			...fusion.environment(ORIGINS.fusion),
			...bitable.environment(ORIGINS.bitable),
			...dingtalk.environment(ORIGINS.dingtalk),
		},
		dispatcher: new FakeDispatcher(
			{
				[ORIGINS.fusion]: fusion.fake,
				[ORIGINS.bitable]: bitable.fake,
				[ORIGINS.dingtalk]: dingtalk.fake,
			},
			clock,
		),
	};
}

/** Fills the local store, and puts down the files; answers the tables' references. */
export async function moveIn({
	call,
	put,
}: OfficeServer): Promise<Readonly<Record<LocalTable, string>>> {
	const references: Record<string, string> = {};
	for (const [name, { fields, rows }] of Object.entries(LOCAL_TABLES)) {
		const { structured, text } = await call("create_table", {
			connection: "local",
			name,
			fields,
		});
		const table: unknown = structured.table;
		if (typeof table !== "string") throw new Error(text);
		references[name] = table;
		const records = rows.map((fields) => ({ fields }));
		const made = await call("create_records", { table, records });
		if (made.structured.counts?.created !== rows.length)
			throw new Error(made.text);
	}
	put("leads.csv", leadsFile());
	put("contract.pdf", "%PDF-1.4\n%%EOF\n");
	return references as Record<LocalTable, string>;
}
