import { createHash } from "node:crypto";
import type {
	ActionEnd,
	ActionStart,
	Deed,
	FieldState,
	Made,
} from "../contract/actions.js";
import type { Consent } from "../contract/consent.js";
import { wordsOf } from "../contract/error-words.js";
import { reworded, TablesError } from "../contract/errors.js";
import type { Policy } from "../contract/policy.js";
import type { Connection, Session } from "../contract/session.js";
import type { BaseInfo, Table } from "../contract/table.js";
import { attempt } from "../delivery/attempt.js";
import { LEAVES_UNKNOWN } from "../delivery/failures.js";
import { closeWriter } from "../delivery/live-change.js";
import { logUnexpected } from "../delivery/log-unexpected.js";
import { forget } from "../places/schema-cache.js";
import { defined } from "../values/defined.js";

/** Where something other than records is changed. */
export interface ActionPlace {
	readonly connection: Connection;
	/** Absent: the whole account, or the table's base. */
	readonly base?: Pick<BaseInfo, "id" | "name">;
	/** Absent: no table, or one that is not there yet. */
	readonly table?: Table;
}

/** What is about to be changed. */
export interface NewAction {
	readonly tool: string;
	readonly place: ActionPlace;
	readonly deed: Deed;
	/** Id of the change that this one undoes. */
	readonly undoes?: string | undefined;
	readonly consent?: Consent | undefined;
	/** Other tables may look otherwise as well: it is a link, or what others link to. */
	readonly widely?: boolean;
}

/** What the vendor was made to do. */
export interface Sent<Value> {
	readonly value: Value;
	/** Absent: all of it was done. */
	readonly outcome?: ActionEnd["outcome"];
	/** Looks at what is there now, for undo. Where it fails the action was done all the same. */
	readonly made?: () => Made | Promise<Made>;
}

/** An action that was carried out. */
export interface CarriedOut<Value> {
	readonly value: Value;
	/** Id of the change. */
	readonly change: string;
	readonly notes: readonly string[];
}

/** What of the kept schemas and listings a deed makes old: nothing, those of its table, or all of its connection. */
const MAKES_OLD: Readonly<Record<Deed["kind"], "nothing" | "table" | "all">> = {
	create_table: "all",
	rename_table: "table",
	delete_table: "all",
	create_field: "table",
	update_field: "table",
	delete_field: "table",
	create_view: "table",
	update_view: "table",
	delete_view: "table",
	update_form: "table",
	// A cell is written, which is not kept.
	upload_files: "nothing",
	create_base: "all",
	update_base: "all",
	copy_base: "all",
	// What this account itself may see can change with it.
	share_base: "all",
	copy_dashboard: "all",
	create_role: "all",
	update_role: "all",
	delete_role: "all",
	add_role_members: "all",
	remove_role_members: "all",
	// Columns of people list who can be in them.
	save_contact: "all",
	delete_contact: "all",
	switch_automation: "nothing",
};

/** Also after a failure: nobody may know what the vendor did. */
function forgetOld(session: Session, { place, deed, widely }: NewAction): void {
	const old = MAKES_OLD[deed.kind];
	if (old === "nothing") return;
	const ref = old === "all" || widely === true ? undefined : place.table?.ref;
	forget(session, place.connection.name, ref);
}

/**
 * Changes something other than records: enters it in the journal, sends it, forgets what was known of it, and enters how it ended. Where the vendor
 * was asked and nobody knows what it did, the journal has no end, and list_changes says what to look at.
 * @throws what `send` throws, and where the journal cannot be written: then nothing was sent.
 */
export async function carryOut<Value>(
	session: Session,
	action: NewAction,
	send: () => Promise<Sent<Value>>,
): Promise<CarriedOut<Value>> {
	const writer = await session.journal.act(startOf(session, action));
	const { change } = writer;
	const end = (outcome: ActionEnd["outcome"], made?: Made) =>
		writer.end({ atMs: session.clock.now(), outcome, ...defined({ made }) });
	try {
		const sent = await attempt(send);
		forgetOld(session, action);
		if ("error" in sent) {
			if (leavesUnknown(sent.error)) throw unknown(sent.error, change);
			await attempt(() => end("failed"));
			throw sent.error;
		}
		const { value, outcome = "done", made } = sent.value;
		const notes = await attempt(async () => {
			const seen = made && (await attempt(async () => made()));
			if (seen !== undefined && "error" in seen)
				logUnexpected(session, seen.error);
			await end(
				outcome,
				seen === undefined || "error" in seen ? undefined : seen.value,
			);
		});
		return {
			value,
			change,
			notes: "error" in notes ? unended(session, notes.error) : [],
		};
	} finally {
		await closeWriter(session, writer);
	}
}

/** The same for what is done by one call, whole or not at all, and leaves nothing behind that an undo needs. */
export function carryOutWhole<Value>(
	session: Session,
	action: NewAction,
	send: () => Promise<Value>,
): Promise<CarriedOut<Value>> {
	return carryOut(session, action, async () => ({ value: await send() }));
}

/** How an action of several parts ended. */
export function outcomeOf(done: number, failed: number): ActionEnd["outcome"] {
	return failed === 0 ? "done" : done === 0 ? "failed" : "part";
}

function startOf(
	session: Session,
	{ tool, place, deed, undoes, consent }: NewAction,
): ActionStart {
	const { connection, base, table } = place;
	return {
		type: "action",
		change: session.uuid(),
		tool,
		connection: connection.name,
		atMs: session.clock.now(),
		by: session.person,
		policy: policyHash(connection.policy),
		deed: connection.undo ? deed : withoutFormer(deed),
		...defined({
			base: table?.ref.base ?? base?.id,
			table: table?.ref.table,
			placeName: table?.name ?? base?.name ?? undefined,
			undoes,
			consent,
		}),
	};
}

/** Where undo is off, no former values are kept. */
function withoutFormer(deed: Deed): Deed {
	if (deed.kind === "update_view")
		return { ...deed, from: { name: deed.from.name } };
	if (deed.kind === "delete_view") {
		const { from: _from, type: _type, ...bare } = deed;
		return bare;
	}
	if (deed.kind !== "update_field") return deed;
	const bare = ({ name, type }: FieldState) => ({ name, type, settings: {} });
	return { ...deed, from: bare(deed.from), to: bare(deed.to) };
}

/** What of a policy decides what is shown. */
export function policyHash({ bases, tables, hiddenFields }: Policy): string {
	return createHash("sha256")
		.update(JSON.stringify([bases ?? null, tables ?? null, hiddenFields]))
		.digest("hex");
}

/** Failures that may come after the vendor has done it. */
const UNANSWERED: ReadonlySet<string> = new Set([
	"cancelled",
	"broken",
	"internal",
]);

/** May the vendor have done what ended so? */
export function leavesUnknown(error: unknown): boolean {
	return (
		!(error instanceof TablesError) ||
		UNANSWERED.has(error.code) ||
		LEAVES_UNKNOWN.has(error.code)
	);
}

function unknown(error: unknown, change: string): unknown {
	return error instanceof TablesError
		? reworded(
				error,
				`${error.message}; list_changes shows it as change ${change}, unknown`,
			)
		: error;
}

function unended(session: Session, error: unknown): readonly string[] {
	session.log("error", wordsOf(error));
	return [
		`it was done, and the journal could not be written (${wordsOf(error)}): list_changes shows it as unknown`,
	];
}
