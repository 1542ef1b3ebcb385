import type { Op } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { refused, type WriteAnswer } from "../delivery/answer.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import {
	inTurns,
	letOthersRun,
	mapInTurns,
	sortInTurns,
} from "../values/in-turns.js";
import type { Validated } from "../values/validate.js";
import { askAndWrite } from "./ask-and-write.js";
import { validate } from "./input-checks.js";
import { loneNames } from "./lone-names.js";
import { addQuestion } from "./resume-change.js";
import type { StatementRows } from "./statement-rows.js";
import type { Plan, WriteOptions } from "./write-plan.js";

interface CreateOptions extends WriteOptions {
	/** A statement made the records. Absent: the call has them. */
	readonly statement?: Pick<StatementRows, "asked">;
}

/** Adds records, after all of them were checked. */
export async function createRecords(
	session: Session,
	located: Located,
	given: readonly unknown[],
	options: CreateOptions,
	running: Running,
): Promise<WriteAnswer> {
	const { statement } = options;
	need(located, "createBatch");
	const checked = await validate(
		session,
		located,
		{ given, mode: "create", allowNewOptions: options.allowNewOptions },
		running,
	);
	await letOthersRun();
	const notes = [...checked.located.notes, ...checked.notes];
	const problems = await problemsOf(checked);
	if (problems.length > 0) return refused(given.length, problems, notes);
	return askAndWrite(
		session,
		{
			...options,
			located: checked.located,
			tool: "create_records",
			given: statement?.asked ?? given,
			shows: statement !== undefined,
			plan: await planOf(checked, notes),
			newOptions: checked.newOptions,
		},
		{
			kind: "create_over",
			...addQuestion(checked.located.table.name, checked.records.length),
			about: given,
		},
		running,
	);
}

async function problemsOf(
	checked: Validated & { readonly located: Located },
): Promise<readonly Problem[]> {
	const problems = [...checked.problems];
	await inTurns(checked.records, (record) => {
		for (const problem of loneNames(record, checked.located))
			problems.push(problem);
	});
	return sortInTurns(
		problems,
		(one, other) => (one.record ?? 0) - (other.record ?? 0),
	);
}

async function planOf(
	{ records }: Validated,
	notes: readonly string[],
): Promise<Plan> {
	let ignored = 0;
	const ops = await mapInTurns(records, ({ index, id, cells }): Op => {
		if (id !== undefined) ignored++;
		return { index, kind: "create", cells };
	});
	return {
		ops,
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
