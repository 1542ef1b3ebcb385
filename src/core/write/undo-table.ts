import { act, andSo } from "../contract/consent.js";
import { need } from "../places/capability.js";
import { checkDelete } from "./check-change.js";
import { lossWithTable } from "./other-sides.js";
import { tableStanding } from "./standing.js";
import {
	again,
	changedSince,
	countedFor,
	type Of,
	type Step,
	type Undoing,
} from "./undo-step.js";

/** A table that was made is deleted; a person is asked where anything is in it. */
export async function dropTable(
	undoing: Undoing,
	deed: Of<"create_table">,
): Promise<Step> {
	const { located, running, made } = undoing;
	const { table } = located;
	const remove = need(located, "deleteTable");
	await checkDelete(located, undefined, running.call);
	const records = await countedFor(undoing, { noun: "records" });
	const links = await lossWithTable(undoing.session, located, undoing.running);
	const more =
		table.name !== deed.name ||
		hasMore(table.fields, made.fields) ||
		hasMore(table.views, made.views) ||
		links.incoming !== undefined;
	return {
		says: `deleted the table "${table.name}", which it had made`,
		notes: links.notes,
		also: links.places,
		standing: tableStanding(table, links, records),
		...(records.count !== 0 || more
			? {
					question: {
						action: andSo(
							act`delete the table ${table.name}`,
							records.count === undefined
								? act` with all its records`
								: act` with ${{ count: records.count, noun: "record" }}`,
							act` and all that was put into it since it was made`,
							links.question,
						),
						expected: table.name,
						about: [table.ref.table, records.count, links.about],
					},
				}
			: {}),
		send: (consent) =>
			again(
				undoing,
				{ deed: { kind: "delete_table", name: table.name }, consent },
				() => remove(table, running.call),
			),
	};
}

function hasMore(
	now: readonly { readonly id: string }[],
	then: readonly string[] | undefined,
): boolean {
	return then !== undefined && now.some(({ id }) => !then.includes(id));
}

/** A table gets its former name, if it still has the one that was given. */
export async function renameBack(
	undoing: Undoing,
	{ from, to }: Of<"rename_table">,
): Promise<Step> {
	const { located, running, action } = undoing;
	const { table } = located;
	const rename = need(located, "renameTable");
	if (table.name !== to)
		throw changedSince(action, `the table was renamed to "${table.name}"`);
	return {
		says: `renamed the table "${to}" back to "${from}"`,
		standing: { same: { name: table.name } },
		send: (consent) =>
			again(
				undoing,
				{ deed: { kind: "rename_table", from: to, to: from }, consent },
				() => rename(table, from, running.call),
			),
	};
}
