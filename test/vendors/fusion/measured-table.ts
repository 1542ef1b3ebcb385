import type { ConditionInput } from "../../../src/core/contract/table.js";
import { virtualClock } from "../../clock.js";
import { callTool } from "../../conformance/session.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import {
	addMeasured,
	MEASURED_TABLE,
	measuredAnswers,
} from "../../fakes/fusion/measured.js";
import { folderOfTests } from "../../folder.js";
import { fusionSession } from "./fusion-session.js";

/** The recorded table with a session over it. */
export function measuredTable() {
	const clock = virtualClock(Date.UTC(2026, 10, 27, 13));
	const fake = createFusionFake({
		clock,
		switches: { callsPerSecond: Number.POSITIVE_INFINITY },
	});
	addMeasured(fake);
	const folder = folderOfTests();
	const table = `fusion:${fake.spaceId}/${MEASURED_TABLE}`;
	const sessionIn = (zone: string) =>
		fusionSession({
			fake,
			token: fake.token,
			clock,
			folder,
			zone,
			config: { qps: 1000 },
		}).session;
	const numbers = new Map(
		measuredAnswers().records.map(({ recordId }, index) => [recordId, index]),
	);
	const utc = sessionIn("Etc/UTC");
	const query = async (args: Readonly<Record<string, unknown>>) =>
		(
			await callTool(utc, "query_records", {
				table,
				fields: ["Title"],
				limit: 300,
				...args,
			})
		).structured as {
			readonly columns: readonly string[];
			readonly rows: readonly (readonly unknown[])[];
			readonly notes: readonly string[];
		};
	/** The numbers of recorded records, in the order of the answer. */
	const numbersOf = (rows: readonly (readonly unknown[])[]) =>
		rows.map(([id]) => numbers.get(id as string) as number);
	return {
		fake,
		table,
		sessionIn,
		query,
		numbersOf,
		where: async (...conditions: readonly ConditionInput[]) =>
			numbersOf((await query({ filter: { conditions } })).rows),
	};
}
