import type { Attachment, Cell, Field } from "../contract/field.js";
import type { Op } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { refused, type WriteAnswer } from "../delivery/answer.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import type { ValidRecord } from "../values/validate.js";
import { validate } from "./input-checks.js";
import { type WriteOptions, writePlan } from "./write-plan.js";

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
	const notes = [...checked.located.notes, ...checked.notes];
	const problems = [
		...checked.problems,
		...loneNames(checked.records, checked.located),
	];
	if (problems.length > 0)
		return refused(
			given.length,
			problems.sort((one, other) => (one.record ?? 0) - (other.record ?? 0)),
			notes,
		);
	const ops = checked.records.map(
		(record): Op => ({
			index: record.index,
			kind: "create",
			cells: record.cells,
		}),
	);
	const ignored = checked.records.filter(({ id }) => id !== undefined).length;
	if (ignored > 0)
		notes.push(
			`${ignored} records have an id: they were taken as new ones; update_records changes existing records`,
		);
	return writePlan(
		session,
		{
			...options,
			located: checked.located,
			tool: "create_records",
			given,
			plan: { ops, settled: [], total: given.length, notes },
			newOptions: checked.newOptions,
		},
		running,
	);
}

/** Attachments named without a token are fine only where the cell has them already: never in a new record. */
export function loneNames(
	records: readonly ValidRecord[],
	located: Located,
): Problem[] {
	if (!located.table.fields.some(({ type }) => type === "attachment"))
		return [];
	return records.flatMap((record) =>
		filesWithoutToken(record.cells, located).map(({ field, name }) => ({
			record: record.index,
			field: field.name,
			given: name,
			message: `"${field.name}" has no attachment "${name}" yet: upload_attachment gives a token`,
		})),
	);
}

export function filesWithoutToken(
	cells: Readonly<Record<string, Cell>>,
	located: Located,
): { readonly field: Field; readonly name: string }[] {
	return Object.entries(cells).flatMap(([id, cell]) => {
		const field = located.table.byId.get(id) as Field;
		if (field.type !== "attachment" || !Array.isArray(cell)) return [];
		return (cell as readonly Attachment[])
			.filter(({ token }) => token === null)
			.map(({ name }) => ({ field, name }));
	});
}
