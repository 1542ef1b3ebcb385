import { type Act, act, type Consent } from "../contract/consent.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { LiveChange } from "../delivery/live-change.js";
import type { Located } from "../places/locate.js";
import { equalCells } from "../values/values.js";
import {
	type Agreement,
	askForLoss,
	type Losing,
} from "../write/ask-for-loss.js";
import { lossOf, type Rows } from "../write/loss.js";
import { stopUnlessAgreed } from "../write/resume-change.js";

/** What a file changes, as far as it was gone through. */
export class FileChanges {
	/** Records whose values are overwritten; one that loses nothing stands for all where there is no other. */
	readonly #ops: Op[] = [];
	readonly #before = new Map<string, Op["cells"]>();
	#updates = 0;
	#chunk = 0;

	/** Records that the rows so far change. */
	get updates(): number {
		return this.#updates;
	}

	add(located: Located, ops: readonly Op[], before: Rows): void {
		const updates = ops.filter(({ kind }) => kind === "update");
		this.#updates += updates.length;
		this.#chunk = updates.length;
		for (const op of updates) {
			if (!loses(located, op, before) && this.#ops.length > 0) continue;
			const id = op.id as string;
			this.#ops.push(op);
			this.#before.set(id, before.get(id) ?? {});
		}
	}

	/** How a person would be asked about them. `of`: the whole file, or the rows that were added last and what follows. */
	losing(
		located: Located,
		name: string,
		of: "file" | "rest",
	): Losing & { readonly before: Rows } {
		const count = of === "file" ? this.#updates : this.#chunk;
		return {
			located,
			ops: this.#ops,
			before: this.#before,
			...importQuestion(located, name, count, of),
		};
	}
}

/** A file's name without its folders. */
export function fileName(path: string): string {
	return path.split(/[\\/]/).at(-1) ?? path;
}

/** How a person is asked about an import. */
function importQuestion(
	{ table }: Located,
	name: string,
	count: number,
	of: "file" | "rest",
): Pick<Losing, "kind" | "action" | "count"> {
	const records = { count, noun: "record" };
	const action: Act =
		of === "file"
			? act`change ${records} of ${table.name} by the file ${name}`
			: act`change ${records} of ${table.name} by the file ${name}, and those of the rows after them`;
	return { kind: "import_over", action, count };
}

/** What was agreed to of an import; grows when a person is asked on the way. */
export interface ImportAgreement {
	/** How. undefined: nobody was asked. */
	consent: Consent | undefined;
	/** What the records held that were counted before anything was sent. Absent: none were, or all that follows is agreed to. */
	readonly counted?: Rows;
	/** Counts what those lost. Absent: nothing to count. */
	readonly settle?: Agreement["settle"];
	/** The call's `confirm`. */
	readonly given?: string | undefined;
}

/** Asks once for a file that was gone through as a whole, before anything is sent. */
export async function agreeToFile(
	session: Session,
	changes: FileChanges,
	{
		located,
		name,
		given,
	}: {
		readonly located: Located;
		readonly name: string;
		readonly given: string | undefined;
	},
	running: Running,
): Promise<ImportAgreement> {
	const losing = changes.losing(located, name, "file");
	if (changes.updates === 0) return { consent: undefined, given };
	const { consent, settle } = await askForLoss(
		session,
		{ ...losing, given },
		running,
	);
	return { consent, settle, counted: losing.before, given };
}

/** A chunk that is about to be sent. */
interface Chunk {
	readonly ops: readonly Op[];
	readonly settled: readonly Settled[];
	readonly before: Rows;
	readonly located: Located;
}

/**
 * The part of a chunk that may be sent. Where a person was asked about the whole file it is what they were asked
 * about; else what was not counted yet is, and they are asked once it is too much.
 * @returns undefined: it was not agreed to, and the import has stopped.
 */
export async function agreedPart<Part extends Chunk>(
	change: LiveChange,
	agreement: ImportAgreement,
	name: string,
	chunk: Part,
): Promise<
	{ readonly chunk: Part; readonly settle?: Agreement["settle"] } | undefined
> {
	const { counted } = agreement;
	if (agreement.consent !== undefined)
		return {
			chunk: counted === undefined ? chunk : withoutUnasked(chunk, counted),
		};
	const ops = chunk.ops.filter(
		({ kind, id }) => kind === "update" && !counted?.has(id as string),
	);
	if (ops.length === 0) return { chunk };
	const { session, located, running } = change;
	const losing: Losing = {
		located,
		ops,
		before: chunk.before,
		...importQuestion(located, name, ops.length, "rest"),
		given: agreement.given,
	};
	const agreed = await stopUnlessAgreed(change, () =>
		askForLoss(session, losing, running),
	);
	if (agreed === undefined) return undefined;
	agreement.consent = agreed.consent;
	return { chunk, settle: agreed.settle };
}

/** Records that match only since a person was asked, or that somebody has changed since, are left. */
function withoutUnasked<Part extends Chunk>(chunk: Part, asked: Rows): Part {
	const { located, before } = chunk;
	const left = chunk.ops.flatMap((op): Settled[] => {
		const id = op.id as string;
		if (op.kind !== "update" || !loses(located, op, before)) return [];
		const then = asked.get(id);
		if (then !== undefined && isSame(located, op, then, before.get(id)))
			return [];
		return [
			{
				index: op.index,
				outcome: "failed",
				id,
				message: `record ${id} was ${then === undefined ? "not among those that a person was asked about" : "changed while a person was asked"}, and is left alone`,
			},
		];
	});
	const gone = new Set(left.map(({ index }) => index));
	return {
		...chunk,
		ops: chunk.ops.filter(({ index }) => !gone.has(index)),
		settled: [...chunk.settled, ...left],
	};
}

function isSame(
	{ table }: Located,
	{ cells }: Op,
	then: Op["cells"],
	now: Op["cells"] | undefined,
): boolean {
	return Object.keys(cells).every((fieldId) => {
		const field = table.byId.get(fieldId);
		return (
			field === undefined ||
			equalCells(then[fieldId], now?.[fieldId], field, table.zone)
		);
	});
}

function loses(located: Located, op: Op, before: Rows): boolean {
	return lossOf(located, [op], { before }).overwritten > 0;
}
