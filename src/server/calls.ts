import { TablesError } from "../core/contract/errors.js";
import type { Session } from "../core/contract/session.js";
import { asListed } from "../tools/listing.js";
import { onlyReads, type Tool, type ToolAnswer } from "../tools/tool.js";
import type { consentOf } from "./ask.js";
import { type CallResult, failureResult, resultOf } from "./call-result.js";
import { instructions } from "./instructions.js";
import { type OfferOptions, offerOf } from "./offer.js";
import { type Caller, type RunningCall, runningCall } from "./running-call.js";
import { unexpectedError } from "./unexpected-error.js";

export interface CallsOptions extends OfferOptions {
	/** Takes secrets out of a text. */
	redact(text: string): string;
}

/** All that MCP asks of the tools for one client, whatever era of the protocol it speaks. */
export interface Calls {
	/** The tools that are on, as the protocol lists them. */
	readonly listing: readonly object[];
	readonly instructions: string;
	/** One call; a failure is an answer too. Never throws. */
	call(name: unknown, given: unknown, caller: Caller): Promise<CallResult>;
}

/** The calls of one client, for as long as it is connected. */
export function createCalls(options: CallsOptions): Calls {
	const { session } = options;
	const offer = offerOf(options);
	const runs = { clock: session.clock, ask: askingOf(options) };

	const run = async (
		name: unknown,
		given: unknown,
		running: RunningCall,
		caller: Caller,
	): Promise<CallResult> => {
		const { tool, incapable } = await offer.find(name);
		try {
			const { parseInTurns } = await import("../tools/arguments.js");
			const args = await parseInTurns(tool.input, given, tool.name, (message) =>
				session.log("debug", message),
			);
			await askAlways(session, { tool, args, running, caller });
			const work = () => tool.run(args, offer.sessionFor(tool), running);
			const answer = await (onlyReads(tool) ? asOfNow(work, session) : work());
			return resultOf(
				answer,
				await notesOf({ args, answer, running }, options),
			);
		} catch (error) {
			// The tool knows the place and says more; whatever else stops it is beside the point.
			if (incapable === undefined || isUnsupported(error)) throw error;
			throw incapable;
		}
	};

	return {
		listing: offer.listed.map(asListed),
		instructions: instructions(offer, options.listing),
		async call(name, given, caller) {
			const title = String(name);
			const running = runningCall(title, caller, runs);
			try {
				return await run(name, given, running, caller);
			} catch (error) {
				if (caller.signal.aborted)
					session.log("info", `${title} was cancelled`);
				return failureResult(
					error instanceof TablesError
						? error
						: unexpectedError(error, title, session.log),
				);
			} finally {
				running.end();
			}
		},
	};
}

/** What there is to say of a person's consent. */
async function notesOf(
	call: {
		readonly args: object;
		readonly answer: ToolAnswer;
		readonly running: RunningCall;
	},
	{ redact }: Pick<CallsOptions, "redact">,
): Promise<readonly string[]> {
	const note = call.running.note();
	const { confirm } = call.args as { readonly confirm?: unknown };
	const notes = note === undefined ? [] : [note];
	if (typeof confirm !== "string" || confirm === "" || call.answer.isError)
		return notes;
	const { confirmNotes } = await import("./confirm-notes.js");
	return [...notes, ...confirmNotes({ ...call, confirm }, redact)];
}

/**
 * Where the configuration says so a person is asked before every call that may write to a connection, whatever it asks
 * later. A file of the files folder is replaced by nothing that does not ask by itself.
 */
async function askAlways(
	session: Session,
	{
		tool,
		args,
		running,
		caller,
	}: {
		readonly tool: Tool;
		readonly args: object;
		readonly running: RunningCall;
		readonly caller: Caller;
	},
): Promise<void> {
	const isDry = "dry_run" in args && args.dry_run === true;
	if (session.consent !== "always" || onlyReads(tool) || isDry) return;
	if (!caller.asker().able)
		throw new TablesError(
			"declined",
			"TABLES_MCP_CONSENT is always: a person is asked before every write, and this client cannot ask",
			{
				next: "Nothing was sent. Tell the person: they can use a client that can ask, or set TABLES_MCP_CONSENT to ask.",
			},
		);
	const { ASK_THEMSELVES, describeCall } = await import("./every-write.js");
	if (ASK_THEMSELVES.has(tool.name)) return;
	const { placeOf } = await import("../core/contract/consent.js");
	const { hashInTurns } = await import("../core/values/json-pieces.js");
	await running.confirm({
		kind: "any_write",
		action: await describeCall(session, { tool: tool.name, args }, running),
		expected: tool.name,
		place: placeOf("call", tool.name),
		about: await hashInTurns(args),
	});
}

function isUnsupported(error: unknown): boolean {
	return error instanceof TablesError && error.code === "unsupported";
}

/** How one client is asked: loaded with its first question, as most clients never get one. */
function askingOf({
	session,
	redact,
}: CallsOptions): ReturnType<typeof consentOf> {
	let asking: ReturnType<typeof consentOf> | undefined;
	return async (question, asker) => {
		if (session.consent === "never") return { answer: "never" };
		const { consentOf } = await import("./ask.js");
		asking ??= consentOf(session, redact);
		return asking(question, asker);
	};
}

/** A read that is refused for what was read before is tried once more with what is there now. */
async function asOfNow<Answer>(
	read: () => Promise<Answer>,
	session: Session,
): Promise<Answer> {
	const startedMs = session.clock.now();
	try {
		return await read();
	} catch (error) {
		const { forgetOld } = await import("../core/places/schema-cache.js");
		if (
			error instanceof TablesError &&
			(error.code === "not_found" || error.code === "bad_argument") &&
			error.vendor === undefined &&
			forgetOld(session, startedMs)
		)
			return read();
		throw error;
	}
}
