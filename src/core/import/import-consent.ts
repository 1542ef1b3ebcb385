import { type Act, act, type Consent } from "../contract/consent.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { LiveChange } from "../delivery/live-change.js";
import type { Located } from "../places/locate.js";
import {
	type Agreement,
	askForLoss,
	type Losing,
} from "../write/ask-for-loss.js";
import { endNotes, endsDone, type LinkEnd } from "../write/link-ends.js";
import { digestOf, lookOf, type Seen, seenIn } from "../write/look-again.js";
import { lossOfOp, type Rows } from "../write/loss.js";
import { stopUnlessAgreed } from "../write/resume-change.js";

/** What a file changes, as far as it was gone through. */
export class FileChanges {
	/** Records whose values are overwritten; one that loses nothing stands for all where there is no other. */
	readonly #ops: Op[] = [];
	readonly #before = new Map<string, Op["cells"]>();
	readonly #ends: LinkEnd[] = [];
	#updates = 0;
	#creates = 0;
	#chunk = 0;

	/** Do the rows so far change records, or take links from others? */
	get takes(): boolean {
		return this.#updates + this.#ends.length > 0;
	}

	/** What other records lose by them, in words. */
	notes(): readonly string[] {
		return endNotes(this.#ends);
	}

	add(located: Located, { ops, before, ends }: Rest): void {
		const updates = ops.filter(({ kind }) => kind === "update");
		this.#updates += updates.length;
		this.#creates += ops.length - updates.length;
		this.#chunk = updates.length;
		this.#ends.push(...ends);
		const taking = takers(ends);
		for (const op of updates) {
			const isKept = loses(located, op, before) || taking.has(op.index);
			if (!isKept && this.#ops.length > 0) continue;
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
	): Losing & {
		readonly before: Rows;
		readonly ends: readonly LinkEnd[];
	} {
		const count = of === "file" ? this.#updates : this.#chunk;
		return {
			located,
			ops: this.#ops,
			before: this.#before,
			ends: this.#ends,
			...(count === 0
				? addedQuestion(located, name, this.#creates)
				: importQuestion(located, name, count, of)),
		};
	}
}

/** Indexes of the rows that take links from other records. */
function takers(ends: readonly LinkEnd[]): ReadonlySet<number> {
	return new Set(ends.flatMap(({ links }) => links.map(({ by }) => by)));
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

/** The same where its rows only add records, and take links from others. */
function addedQuestion(
	{ table }: Located,
	name: string,
	count: number,
): Pick<Losing, "kind" | "action" | "count"> {
	const records = { count, noun: "record" };
	return {
		kind: "import_over",
		action: act`add ${records} to ${table.name} by the file ${name}`,
		count,
	};
}

/** What was agreed to of an import; grows when a person is asked on the way. */
export interface ImportAgreement {
	/** How. undefined: nobody was asked. */
	consent: Consent | undefined;
	/** Of the records that were counted before anything was sent. Absent: none were, or all that follows is agreed to. */
	readonly seen?: Seen | undefined;
	/** Counts what those lost. Absent: nothing to count. */
	readonly settle?: Agreement["settle"];
	/** The call's `confirm`. */
	readonly given?: string | undefined;
	/** Links that other records lose by the rows so far; grows. */
	readonly ends: LinkEnd[];
	/** Indexes of the rows whose links were counted before anything was sent. */
	readonly counted: ReadonlySet<number>;
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
	const counted = takers(losing.ends);
	const none = { consent: undefined, given, ends: [], counted };
	if (!changes.takes) return none;
	const { consent, settle } = await askForLoss(
		session,
		{ ...losing, given, comparedLater: true },
		running,
	);
	const seen = await seenIn(located, losing, losing.before);
	return { ...none, consent, settle, seen };
}

/** Rows of a file that are planned. */
interface Rest {
	readonly ops: readonly Op[];
	readonly before: Rows;
	readonly ends: readonly LinkEnd[];
}

/** A chunk that is about to be sent. */
interface Chunk extends Rest {
	readonly settled: readonly Settled[];
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
	const { seen, counted } = agreement;
	agreement.ends.push(...chunk.ends);
	if (agreement.consent !== undefined)
		return { chunk: seen === undefined ? chunk : withoutUnasked(chunk, seen) };
	const ends = endsDone(chunk.ends, (by) => !counted.has(by));
	const taking = takers(ends);
	const ops = chunk.ops.filter(({ kind, id, index }) =>
		kind === "update" ? !seen?.has(id as string) : taking.has(index),
	);
	if (ops.length === 0) return { chunk };
	const updates = ops.filter(({ kind }) => kind === "update").length;
	const { session, located, running } = change;
	const losing: Losing = {
		located,
		...{ ops, ends, before: chunk.before },
		...(updates === 0
			? addedQuestion(located, name, ops.length)
			: importQuestion(located, name, updates, "rest")),
		given: agreement.given,
	};
	const agreed = await stopUnlessAgreed(change, () =>
		askForLoss(session, losing, running),
	);
	if (agreed === undefined) return undefined;
	agreement.consent = agreed.consent;
	const { changed, settle } = agreed;
	return { chunk: withoutChanged(chunk, changed), settle };
}

/** Records that match only since a person was asked, or that somebody has changed since, are left. */
function withoutUnasked<Part extends Chunk>(chunk: Part, seen: Seen): Part {
	const { located, before } = chunk;
	const look = lookOf(located);
	const left = chunk.ops.flatMap((op): Settled[] => {
		const id = op.id as string;
		if (op.kind !== "update" || !loses(located, op, before)) return [];
		const then = seen.get(id);
		if (then === digestOf(look(op, before.get(id) ?? {}), seen)) return [];
		return [
			{
				index: op.index,
				outcome: "failed",
				id,
				message: `record ${id} was ${then === undefined ? "not among those that a person was asked about" : "changed while a person was asked"}, and is left alone`,
			},
		];
	});
	return withoutChanged(chunk, left);
}

function withoutChanged<Part extends Chunk>(
	chunk: Part,
	left: readonly Settled[],
): Part {
	const gone = new Set(left.map(({ index }) => index));
	return {
		...chunk,
		ops: chunk.ops.filter(({ index }) => !gone.has(index)),
		settled: [...chunk.settled, ...left],
	};
}

function loses(located: Located, op: Op, before: Rows): boolean {
	return lossOfOp(located, op, { before }) === "overwritten";
}
