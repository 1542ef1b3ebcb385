import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { refused, type WriteAnswer } from "../delivery/answer.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { letOthersRun } from "../values/in-turns.js";
import type { Validated } from "../values/validate.js";
import { validate } from "./input-checks.js";
import { loneNames } from "./lone-names.js";
import { type Plan, type WriteOptions, writePlan } from "./write-plan.js";

/** Adds records, after all of them were checked. */
export async function createRecords(
	session: Session,
	located: Located,
	given: readonly unknown[],
	options: WriteOptions,
	running: Running,
): Promise<WriteAnswer> {
	need(located, "createBatch");
	const checked = await validate(
		session,
		located,
		{ given, mode: "create", allowNewOptions: options.allowNewOptions },
		running,
	);
	await letOthersRun();
	const notes = [...checked.located.notes, ...checked.notes];
	const problems = problemsOf(checked);
	if (problems.length > 0) return refused(given.length, problems, notes);
	return writePlan(
		session,
		{
			...options,
			located: checked.located,
			tool: "create_records",
			given,
			plan: planOf(checked, notes),
			newOptions: checked.newOptions,
		},
		running,
	);
}

function problemsOf(
	checked: Validated & { readonly located: Located },
): readonly Problem[] {
	return [
		...checked.problems,
		...loneNames(checked.records, checked.located),
	].sort((one, other) => (one.record ?? 0) - (other.record ?? 0));
}

function planOf({ records }: Validated, notes: readonly string[]): Plan {
	const ignored = records.filter(({ id }) => id !== undefined).length;
	return {
		ops: records.map(({ index, cells }) => ({ index, kind: "create", cells })),
		settled: [],
		total: records.length,
		notes:
			ignored === 0
				? notes
				: [
						...notes,
						`${ignored} records have an id: they were taken as new ones; update_records changes existing records`,
					],
	};
}
