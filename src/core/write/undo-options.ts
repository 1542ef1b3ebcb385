import type { Field } from "../contract/field.js";
import type { Op } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { FilterInput, Table } from "../contract/table.js";
import { type Located, reload } from "../places/locate.js";
import { filterOf } from "../read/resolve-filter.js";
import { inTurns } from "../values/in-turns.js";
import { isName, nameList } from "../values/names.js";
import { changeField } from "./change-field.js";
import { readMatching } from "./matching-records.js";
import type { Resumable } from "./resume-change.js";
import { fieldState } from "./states.js";

/** Options that cells need and their fields do not have any more: an undo makes them again. */
export async function vanishedOptions(
	table: Table,
	ops: readonly Op[],
): Promise<ReadonlyMap<string, readonly string[]>> {
	const vanished = new Map<string, Set<string>>();
	await inTurns(ops, ({ cells }) => {
		for (const [id, cell] of Object.entries(cells)) {
			const { type, settings } = table.byId.get(id) as Field;
			if (type !== "single_select" && type !== "multi_select") continue;
			if (settings.options === undefined) continue;
			for (const name of Array.isArray(cell) ? cell : [cell])
				if (typeof name === "string" && !isName(settings.options, name))
					vanished.set(id, (vanished.get(id) ?? new Set()).add(name));
		}
	});
	return new Map([...vanished].map(([id, names]) => [id, [...names]]));
}

/** Takes the options away that a change let come into being, where no record holds them; answers what became of them. */
export async function removeMadeOptions(
	session: Session,
	{ change, located: given }: Resumable,
	{ dryRun }: { readonly dryRun: boolean },
	running: Running,
): Promise<readonly string[]> {
	if (change.options.size === 0) return [];
	const located = await reload(session, given, running);
	const notes: string[] = [];
	for (const [id, names] of change.options) {
		const field = located.table.byId.get(id);
		const there = (field?.settings.options ?? []).filter(({ name }) =>
			names.has(name),
		);
		if (field === undefined || there.length === 0) continue;
		const removal = { field, names: there.map(({ name }) => name) };
		notes.push(
			dryRun
				? `the options ${nameList(removal.names)} of "${field.name}" were made by this change and would go where no record holds them`
				: await removeUnused(session, located, removal, running),
		);
	}
	return notes;
}

/** Finds the records that hold one of these options. */
export function holdersOf(field: Field, names: readonly string[]): FilterInput {
	return {
		match: "any",
		conditions: names.map((value) => ({
			field: field.id,
			op: field.type === "multi_select" ? "contains" : "is",
			value,
		})),
	};
}

/** Options of a field that a change has made. */
interface Removal {
	readonly field: Field;
	readonly names: readonly string[];
}

async function removeUnused(
	session: Session,
	located: Located,
	{ field, names }: Removal,
	running: Running,
): Promise<string> {
	const said = `the options ${nameList(names)} of "${field.name}", which this change had made,`;
	const capability = located.connection.capabilities.updateField;
	if (capability !== true)
		return `cannot come back: ${said} stay: ${capability.unsupported}`;
	const holding = holdersOf(field, names);
	const { filter } = await filterOf(session, located, holding, running, {
		purpose: "kept",
	});
	const holders = await readMatching(
		session,
		located,
		{ fields: [], filter },
		running,
	);
	if (holders.length > 0)
		return `${said} stay: ${holders.length === 1 ? "1 record holds" : `${holders.length} records hold`} one of them`;
	const options = (field.settings.options ?? []).filter(
		({ name }) => !names.includes(name),
	);
	const done = await changeField(
		session,
		located,
		{
			tool: "undo_change",
			field,
			spec: {
				...fieldState(field),
				settings: { ...field.settings, options },
			},
		},
		running,
	);
	return `${said} were removed (change_id ${done.change})`;
}
