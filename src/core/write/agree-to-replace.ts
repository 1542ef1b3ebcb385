import { act, type Consent, tablePlace } from "../contract/consent.js";
import type { Field } from "../contract/field.js";
import type { Op } from "../contract/journal.js";
import { LOST_UNASKED, sumOf } from "../contract/losses.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRowsById } from "../read/read.js";
import { askForLoss } from "./ask-for-loss.js";
import { NAMED } from "./input-checks.js";
import { cellsById } from "./loss.js";

/** Cells whose files are to give way to others. */
interface Replacing {
	readonly field: Field;
	/** Their ids, each once. */
	readonly records: readonly string[];
	readonly confirm: string | undefined;
}

/** How it was agreed that files give way to others. */
export interface ReplaceAgreement {
	readonly consent: Consent | undefined;
	/** What is left alone, by id of the record, and why. */
	readonly leave: ReadonlyMap<string, string>;
}

/**
 * Asks before files are uploaded that take the place of others. Where the sum could not be too much nothing is read:
 * the write itself counts what it loses.
 * @returns undefined: nobody had to be asked.
 */
export async function agreeToReplace(
	session: Session,
	located: Located,
	{ field, records, confirm }: Replacing,
	running: Running,
): Promise<ReplaceAgreement | undefined> {
	const lost = await session.losses.of(tablePlace(located));
	const { overwritten } = sumOf(lost.map(({ loss }) => loss));
	if (overwritten + records.length <= LOST_UNASKED.overwritten)
		return undefined;
	const rows = await readInTime(session, running, NAMED, (call) =>
		readRowsById(located, records, { fields: [field] }, call),
	);
	const { consent, settle, changed } = await askForLoss(
		session,
		{
			located,
			ops: records.map(
				(id, index): Op => ({
					index,
					kind: "update",
					id,
					cells: { [field.id]: null },
				}),
			),
			before: await cellsById(rows),
			...replaceQuestion(located, records.length),
			given: confirm,
			about: field.id,
		},
		running,
	);
	await settle(new Map());
	return {
		consent,
		leave: new Map(
			changed.map(({ id = "", message = "" }) => [id, message] as const),
		),
	};
}

/** How a person is asked about files in place of others. */
function replaceQuestion({ table }: Located, count: number) {
	return {
		kind: "replace_files",
		action: act`replace the files of ${{ count, noun: "record" }} of ${table.name}`,
		count,
	} as const;
}
