import { z } from "zod";
import { act, andSo, tablePlace } from "../core/contract/consent.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import { need } from "../core/places/capability.js";
import { type Located, locate, reload } from "../core/places/locate.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { checkDelete } from "../core/write/check-change.js";
import { countInTime } from "../core/write/count-in-time.js";
import { lossWithTable } from "../core/write/other-sides.js";
import {
	confirmStanding,
	type Most,
	type Standing,
	tableStanding,
} from "../core/write/standing.js";
import * as schemas from "./schemas.js";
import { plural, sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const deleteTableTool = defineTool({
	name: "delete_table",
	toolset: "schema",
	title: "Delete a table",
	description: "Delete a table with all its records, for good. Asks first.",
	input: z.object({
		table: schemas.table,
		...schemas.confirmOf("delete_table"),
	}),
	output: z.looseObject({ deleted: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["deleteTable"],
	async run({ table, confirm }, session, running) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		const remove = need(located, "deleteTable");
		await checkDelete(located, undefined, running.call);
		const weighed = await weigh(session, located, running);
		const { links } = weighed;
		const { count: records } = weighed.records;
		let lost = weighed;
		const consent = await confirmStanding(
			running,
			{
				kind: "delete_table",
				action: andSo(
					act`delete the table ${located.table.name} (${located.reference})`,
					records === undefined
						? act` with all its records`
						: act` with all its records (${records})`,
					act`, for good`,
					links.question,
				),
				expected: located.table.name,
				given: confirm,
				place: tablePlace(located),
				also: links.places,
				about: links.about,
			},
			{
				what: `the table "${located.table.name}"`,
				seen: standingOf(weighed),
				look: async () => {
					const now = await reload(session, located, running);
					lost = await weigh(session, now, running);
					return standingOf(lost);
				},
			},
		);
		const deed = { kind: "delete_table", name: located.table.name } as const;
		const done = await carryOutWhole(
			session,
			{ tool: "delete_table", place: located, deed, consent },
			() => remove(located.table, running.call),
		);
		return sayDone(
			done,
			`deleted table "${located.table.name}" (${located.reference}) ${withRecords(lost.records.count)}, for good`,
			{ deleted: located.reference },
			[...located.notes, ...lost.links.notes],
		);
	},
});

function withRecords(count: number | undefined): string {
	return count === undefined
		? "with all its records"
		: `with ${plural(count, "record")}`;
}

interface Weighed {
	readonly located: Located;
	/** What goes in other tables. */
	readonly links: Awaited<ReturnType<typeof lossWithTable>>;
	readonly records: Most;
}

/** What goes with a table. */
async function weigh(
	session: Session,
	located: Located,
	running: Running,
): Promise<Weighed> {
	return {
		located,
		links: await lossWithTable(session, located, running),
		records: await countInTime(session, located, { noun: "records" }, running),
	};
}

function standingOf({ located, links, records }: Weighed): Standing {
	return tableStanding(located.table, links, records);
}
