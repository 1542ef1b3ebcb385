import type { Consent } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { RowFile } from "../contract/files.js";
import {
	type ChangeStart,
	type ChangeWriter,
	KEPT_MS,
} from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { summarize } from "../delivery/answer.js";
import { closeWriter, LiveChange } from "../delivery/live-change.js";
import { oneAtATime } from "../delivery/write-locks.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";
import type { Seen } from "../write/look-again.js";
import { startOf } from "../write/write-plan.js";
import { dropCopy } from "./file-copy.js";
import { type ImportAnswer, NO_ROW } from "./import-answer.js";
import {
	byLine,
	chunks,
	type ImportOptions,
	type ImportSource,
	type MappedColumn,
} from "./import-columns.js";
import {
	agreeToFile,
	FileChanges,
	fileName,
	type ImportAgreement,
} from "./import-consent.js";
import { asTaken } from "./import-mapping.js";
import {
	CHECK_MARGIN_MS,
	checkChunk,
	planChunk,
	readKeys,
} from "./import-plan.js";
import { importRows, inBulk, type Opened } from "./import-rows.js";
import { endNotes, type Target, targetOf } from "./import-target.js";
import { importedBefore } from "./imported-before.js";
import { withRefused } from "./refused-rows.js";
import { fileLinks, keysForLinks } from "./self-links.js";

/** Imports a file. `refuse`: every row is checked first, and one bad row means that nothing is sent. */
export async function importFile(
	session: Session,
	located: Located,
	from: ImportFrom,
	options: ImportOptions,
	running: Running,
): Promise<ImportAnswer> {
	need(located, "createBatch");
	if (options.matchOn === undefined)
		return keepAndImport(session, located, from, options, running);
	need(located, "updateBatch");
	return oneAtATime(session, located, running, () =>
		keepAndImport(session, located, from, options, running),
	);
}

/** A file as it is given, with how it is to be read. */
interface ImportFrom {
	readonly path: string;
	/** The call's `confirm`. */
	readonly confirm?: string | undefined;
	/** Makes the table once the file is known to be good. Absent: it is there. */
	readonly make?: (() => Promise<Located>) | undefined;
}

/** Imports the server's own copy, so that a resume reads the same rows. */
async function keepAndImport(
	session: Session,
	given: Located,
	{ path, confirm, make }: ImportFrom,
	options: ImportOptions,
	running: Running,
): Promise<ImportAnswer> {
	const start = startOf(session, given, { tool: "import_records", hash: "" });
	const kept = await session.files.keep(
		path,
		start.change,
		session.clock.now() - KEPT_MS,
	);
	const copy = { ...kept, start, name: path, confirm, make };
	let begun: Begun | ImportAnswer;
	try {
		begun = await checkAndBegin(session, given, copy, options, running);
	} catch (error) {
		// A change that is in the journal owns the copy; this call did not get so far.
		await dropCopy(session, kept.file);
		throw error;
	}
	if (!("writer" in begun)) return begun;
	const { located } = begun.opened.target;
	const { writer, opened, source, notes, agreement } = begun;
	const parts = { session, located, running: inBulk(running), writer };
	return importRows(
		{
			...{ change: new LiveChange(parts), running, source, notes, agreement },
			second: new Map(),
		},
		{ offset: 0, problems: [] },
		async () => opened,
	);
}

/** The server's copy of a file. */
interface Copy {
	readonly file: string;
	/** Of its content. */
	readonly hash: string;
	/** The file that it was made of. */
	readonly name: string;
	/** The beginning of the change that it is kept for. */
	readonly start: ChangeStart;
	readonly confirm: string | undefined;
	readonly make: ImportFrom["make"];
}

/** An import that the journal has the beginning of. */
interface Begun {
	readonly writer: ChangeWriter;
	readonly source: ImportSource;
	readonly opened: Opened;
	readonly notes: Set<string>;
	readonly agreement: ImportAgreement;
}

/** Checks the copy as far as was asked, and begins the change; the answer where it is refused. */
async function checkAndBegin(
	session: Session,
	given: Located,
	copy: Copy,
	options: ImportOptions,
	running: Running,
): Promise<Begun | ImportAnswer> {
	const file = await session.files.openRows(copy.file, {
		...options,
		name: fileName(copy.name),
	});
	const found = await targetOf(session, given, file, options, running);
	const keysBefore = await keysForLinks(found.target, options);
	const named = await fileLinks(found.target, file, keysBefore);
	const linking = { ...found.target, links: named };
	const links =
		options.onError === "skip"
			? await withRefused(linking, file, keysBefore)
			: named;
	const checked = { ...linking, links };
	const notes = new Set(found.notes);
	if (options.matchOn === undefined)
		for (const note of await importedBefore(session, given, () => copy.hash))
			notes.add(note);
	const pass = options.onError === "skip" && copy.make ? anyGood : firstPass;
	const { total, problems, changes } = await pass(checked, file, options);
	for (const note of endNotes(file)) notes.add(note);
	if (problems.length > 0) {
		if (new Set(problems.map(({ record }) => record)).size === total)
			notes.add(NO_ROW);
		for (const note of await dropCopy(session, copy.file)) notes.add(note);
		return refusedImport(total, problems, checked.columns, notes);
	}
	const target =
		copy.make === undefined
			? checked
			: await madeTarget(await copy.make(), checked, file, options);
	const agreement = await agreeToFile(
		session,
		changes,
		{
			located: target.located,
			name: fileName(copy.name),
			given: copy.confirm,
		},
		running,
	);
	try {
		return {
			...(await begin(target, copy, { file, total, agreement }, options)),
			notes,
			agreement,
		};
	} catch (error) {
		await agreement.settle?.(new Map());
		throw error;
	}
}

/** Where the rows go in the table that has just been made, their texts read as they were when they were checked. */
async function madeTarget(
	located: Located,
	checked: Target,
	file: RowFile,
	options: ImportOptions,
): Promise<Target> {
	const { session, running } = checked;
	const { readings } = asTaken(checked, options);
	const read = { ...options, ...defined({ readings }) };
	return (await targetOf(session, located, file, read, running)).target;
}

/** A file that was gone through, and may be sent. */
interface Checked {
	readonly file: RowFile;
	readonly total: number;
	readonly agreement: ImportAgreement;
}

/** Reads the keys as they are now, and enters the change into the journal. */
async function begin(
	target: Target,
	copy: Copy,
	{ file, total, agreement: { consent, seen } }: Checked,
	options: ImportOptions,
): Promise<Pick<Begun, "writer" | "source" | "opened">> {
	const { session, located, running } = target;
	const keys = await readKeys(session, located, options.matchOn, running);
	const source: ImportSource = {
		...options,
		...asTaken(target, options),
		file: copy.file,
		name: copy.name,
		total,
	};
	const start = {
		...copy.start,
		base: located.table.ref.base,
		table: located.table.ref.table,
		tableName: located.table.name,
		...defined({ consent }),
		hash: copy.hash,
		total,
		source,
	};
	const writer = await session.journal.begin(start);
	if (consent !== undefined && seen !== undefined)
		await enterSeen(session, writer, consent, seen);
	return { writer, source, opened: { target, file, keys } };
}

/** @throws where the journal cannot be written: nothing was sent by then. */
async function enterSeen(
	session: Session,
	writer: ChangeWriter,
	consent: Consent,
	seen: Seen,
): Promise<void> {
	const { change } = writer;
	try {
		const records = Object.fromEntries(seen);
		await writer.append({ type: "agreed", change, consent, seen: records });
	} catch (error) {
		await closeWriter(session, writer);
		throw error;
	}
}

async function refusedImport(
	total: number,
	problems: readonly Problem[],
	columns: readonly MappedColumn[],
	notes: ReadonlySet<string>,
): Promise<ImportAnswer> {
	const results = new Map(
		problems.flatMap(({ record }) =>
			record === undefined
				? []
				: [[record, { index: record, outcome: "failed" as const }]],
		),
	);
	return {
		...(await summarize(
			null,
			total,
			results,
			["nothing was sent", ...notes],
			problems,
		)),
		ids: [],
		allProblems: problems,
		columns,
		broken: true,
	};
}

/** What is known of a file before anything is sent. */
interface FirstPass {
	readonly total: number;
	readonly problems: readonly Problem[];
	readonly changes: FileChanges;
}

/**
 * Bad rows are skipped, and the table is yet to be made: of a file that has no other rows it would stay behind empty.
 * Checks as far as the first row that can be written; the problems are those of a file that has none.
 */
async function anyGood(
	target: Target,
	file: RowFile,
	options: ImportOptions,
): Promise<FirstPass> {
	const { session, running } = target;
	const problems: Problem[] = [];
	let total = 0;
	for await (const rows of chunks(file, 0)) {
		running.call.signal?.throwIfAborted();
		const { records, problems: found } = await checkChunk(target, rows);
		const isLate = session.clock.now() > running.deadlineMs() - CHECK_MARGIN_MS;
		if (records.length > 0 || isLate) return firstPass(target, file, options);
		total += rows.length;
		problems.push(...(await byLine(found)));
	}
	return { total, problems, changes: new FileChanges() };
}

/** Counts the rows; for `refuse` also checks them all. */
async function firstPass(
	target: Target,
	file: RowFile,
	options: ImportOptions,
): Promise<FirstPass> {
	const { session, located, running } = target;
	const problems: Problem[] = [];
	const changes = new FileChanges();
	if (options.onError === "skip" && target.total !== undefined)
		return { total: target.total, problems, changes };
	const keys =
		options.onError === "refuse"
			? await readKeys(session, located, options.matchOn, running)
			: undefined;
	let total = 0;
	for await (const rows of chunks(file, 0)) {
		running.call.signal?.throwIfAborted();
		total += rows.length;
		if (options.onError === "skip") continue;
		if (session.clock.now() > running.deadlineMs() - CHECK_MARGIN_MS)
			throw new TablesError(
				"busy",
				`checking the file took longer than one call may take: ${total} rows were checked, nothing was sent`,
				{
					next: 'Pass on_error: "skip", which checks while it sends and can be resumed, or split the file.',
				},
			);
		const checked = await checkChunk(target, rows);
		const plan = await planChunk(target, checked, keys);
		problems.push(...(await byLine([...checked.problems, ...plan.problems])));
		changes.add(located, plan);
	}
	return { total, problems, changes };
}
