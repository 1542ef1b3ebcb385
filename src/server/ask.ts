import {
	ANY_TOOL,
	beingAsked,
	type Consent,
	confirms,
	keyOf,
	NO_HOLDS_MS,
	placesOf,
	QUESTIONS,
	type Question,
	type Refusal,
	seconds,
	shownName,
} from "../core/contract/consent.js";
import { TablesError } from "../core/contract/errors.js";
import { remembered, type Session } from "../core/contract/session.js";

/** Nobody reads a question and answers it within this time: a client that says no so fast asked nobody. */
const READING_MS = 2_000;
/** A question that is not answered within this time is over. */
const WAIT_MS = 600_000;
/** A client that gives a call up before this may be in a hurry; later, it has shown its person nothing. */
const SILENCE_MS = 30_000;
/** So often in a row a client is silent before it counts as one that cannot ask. */
const SILENCES = 2;

/** How a client answers. `error`: with an error, so that nobody was asked. */
export type Said = "accept" | "decline" | "cancel" | "error";

/** The client of one call. */
export interface Asker {
	/** The tool that was called. */
	readonly tool: string;
	/** Can it put a question to a person at all? */
	readonly able: boolean;
	/** Aborted when an answer could not reach this call any more. */
	readonly gone: AbortSignal;
	/** Rejects when the question found no way to the client, or `signal` was aborted. */
	put(message: string, signal: AbortSignal): Promise<Said>;
}

interface Answered {
	/** `silence`: nothing, for so long that nobody can have seen it. */
	readonly said: Said | "nothing" | "silence";
	readonly afterMs: number;
	/** No other question of this client was open at the same time. */
	readonly alone: boolean;
}

/** A question that this client has on its screen. */
interface Shown {
	alone: boolean;
}

/**
 * The fence of one client, for as long as it is connected. The answer agrees to questions, or throws `declined`
 * with what to do.
 */
export function consentOf(
	session: Session,
	/** A name that holds a secret is confirmed as it is shown. */
	redact: (text: string) => string,
): (question: Question, asker: Asker) => Promise<Consent> {
	const isConfirmed = (question: Question) =>
		canConfirm(session, question) &&
		isGiven(question) &&
		[question.expected, redact(shownName(question.expected))].some((name) =>
			confirms(question.given ?? "", name),
		);
	/** It was asked twice and nobody was there: `confirm` is all there is. */
	let mute = false;
	/** Questions in a row to which it said nothing; such as were open together are one. */
	let silences = { count: 0, untilMs: Number.NEGATIVE_INFINITY };
	/** Questions that it answered without asking anybody. */
	const unasked = new Set<string>();
	const shown = new Set<Shown>();
	const open = new Map<string, Promise<Answered>>();

	return async (question, asker) => {
		const { tool } = QUESTIONS[question.kind];
		if (tool !== ANY_TOOL && tool !== asker.tool)
			throw new TablesError(
				"internal",
				`${asker.tool} asks what is asked by ${tool}`,
			);
		if (mute || !asker.able) {
			await mayConfirm(session, question, false);
			if (isConfirmed(question)) return { answer: "confirm" };
			throw unagreed(
				`this needs a person's consent: ${question.action}`,
				`Ask the person; if they agree, ${again(session, question)}.`,
			);
		}
		// A no is not asked about again because of `confirm`: only a call that leaves it to the person is.
		if (isGiven(question))
			await mayConfirm(session, question, unasked.size === 0);
		const key = keyOf(question);
		const before = unasked.has(key);
		await question.beforeAsking?.();
		const answered = await together(open, key, asker, () =>
			put(session, shown, question, asker),
		);
		silences = silencesAfter(silences, answered, session.clock.now());
		if (silences.count >= SILENCES) {
			mute = true;
			await mayConfirm(session, question, false);
			throw unagreed(
				`nobody answered, ${SILENCES} times in a row: ${question.action}`,
				`This client is not asked again. Ask the person yourself; if they agree, ${again(session, question)}.`,
			);
		}
		if (answered.said === "accept")
			return { answer: "accept", afterMs: answered.afterMs };
		const unseen = await notSeen(session, question, answered);
		unasked.add(key);
		if (!before || !isConfirmed(question)) throw unseen;
		await mayConfirm(session, question, false);
		mute = true;
		const { said, afterMs } = answered;
		return said === "decline" || said === "cancel" || said === "error"
			? { answer: "confirm", afterMs, unread: said }
			: { answer: "confirm" };
	};
}

interface Silences {
	readonly count: number;
	readonly untilMs: number;
}

/** A call that its client gave up at once tells nothing of whether it shows questions. */
function silencesAfter(
	before: Silences,
	{ said, afterMs }: Answered,
	nowMs: number,
): Silences {
	if (said === "nothing") return before;
	if (said !== "silence")
		return { count: 0, untilMs: Number.NEGATIVE_INFINITY };
	return {
		count: before.count + (nowMs - afterMs >= before.untilMs ? 1 : 0),
		untilMs: nowMs,
	};
}

/**
 * What to say where the client answered without asking anybody.
 * @throws TablesError declined, where a person said no, gave no answer, or may have had another question before them.
 */
async function notSeen(
	session: Session,
	question: Question,
	{ said, afterMs, alone }: Answered,
): Promise<TablesError> {
	const { action } = question;
	if (said === "silence")
		throw unagreed(
			`nobody answered within ${span(afterMs)}: ${action}`,
			"Call again and they are asked once more.",
		);
	if (said === "nothing" || (said === "cancel" && !isFast(afterMs)))
		throw unagreed(
			`the person did not answer: ${action}`,
			"Stop, and ask the person what they want; once they ask for it, call again, and they are asked again.",
		);
	if (said === "decline" && !isFast(afterMs)) {
		await refuse(session, question);
		throw unagreed(
			`the person said no after ${seconds(afterMs)}: ${action}`,
			"Stop, and ask the person what they want. Do not try again unless the person asks for it, nor reach the same by another way; then call without `confirm`, and they are asked again.",
		);
	}
	// Of what a person has said no to, `confirm` is not to be suggested.
	await mayConfirm(session, question, true);
	const how = said === "error" ? "an error" : `"${said}"`;
	if (!alone)
		throw unagreed(
			`the client answered ${how} while another question was open: ${action}`,
			"Wait until the person has answered that one, then call again.",
		);
	return unagreed(
		`nobody was asked: the client answered ${how} after ${seconds(afterMs)}${said === "error" ? "" : ", faster than a person reads"}: ${action}`,
		`Ask the person yourself; if they agree, ${again(session, question)}.`,
	);
}

/** Equal questions that are open at once are one: the person reads it once, and their answer is for all of them. */
async function together(
	open: Map<string, Promise<Answered>>,
	key: string,
	{ gone }: Asker,
	ask: () => Promise<Answered>,
): Promise<Answered> {
	for (;;) {
		const other = open.get(key);
		if (other === undefined) break;
		const answered = await answeredOrGone(other, gone);
		// Given up by the call that it was put for, and not by this one.
		if (answered.said !== "nothing" || gone.aborted) return answered;
	}
	const mine = ask().finally(() => open.delete(key));
	open.set(key, mine);
	return mine;
}

async function answeredOrGone(
	other: Promise<Answered>,
	gone: AbortSignal,
): Promise<Answered> {
	const given = new AbortController();
	const left = new Promise<Answered>((resolve) => {
		const leave = () => resolve({ said: "nothing", afterMs: 0, alone: false });
		if (gone.aborted) leave();
		gone.addEventListener("abort", leave, { signal: given.signal });
	});
	try {
		return await Promise.race([other, left]);
	} finally {
		given.abort();
	}
}

/** Puts a question to the client and waits for its answer, at most `WAIT_MS`. */
async function put(
	session: Session,
	shown: Set<Shown>,
	question: Question,
	asker: Asker,
): Promise<Answered> {
	const { clock } = session;
	const startMs = clock.now();
	if (asker.gone.aborted) return { said: "nothing", afterMs: 0, alone: false };
	const mine = show(shown);
	const asked = beginAsking(session, placesOf(question));
	const late = new AbortController();
	const done = new AbortController();
	clock.sleep(WAIT_MS, done.signal).then(
		() => late.abort("nobody answered in time"),
		() => {},
	);
	let said: Answered["said"] = "nothing";
	try {
		said = await asker.put(
			`May I ${question.action}?`,
			AbortSignal.any([asker.gone, late.signal]),
		);
	} catch (error) {
		session.log(
			"info",
			`a question was not answered: ${(error as Error).message}`,
		);
	} finally {
		done.abort();
		asked.end();
		// The client has answered it, or heard that it is withdrawn, or gave up its call and with it the question.
		shown.delete(mine);
	}
	const afterMs = clock.now() - startMs;
	const isSilence = said === "nothing" && wasSilent(afterMs, asker, late);
	return { said: isSilence ? "silence" : said, afterMs, alone: mine.alone };
}

/** Was the question open long enough for a person to have seen it? */
function wasSilent(
	afterMs: number,
	{ gone }: Asker,
	late: AbortController,
): boolean {
	return late.signal.aborted || (gone.aborted && afterMs >= SILENCE_MS);
}

/** One more question on the screen: none that is open there is alone any more. */
function show(shown: Set<Shown>): Shown {
	const mine: Shown = { alone: shown.size === 0 };
	for (const other of shown) other.alone = false;
	shown.add(mine);
	return mine;
}

/** A person is being asked about these places, until `end`. */
function beginAsking(
	session: Session,
	places: readonly string[],
): { end(): void } {
	const open = beingAsked(session);
	for (const place of places) open.set(place, (open.get(place) ?? 0) + 1);
	return {
		end() {
			for (const place of places) {
				const left = (open.get(place) ?? 1) - 1;
				if (left > 0) open.set(place, left);
				else open.delete(place);
			}
		},
	};
}

const DECLINED = Symbol("declined");

/** What people said no to in this process, in the words of the question; on disk no name is kept. */
function declinedIn(session: Session): Map<string, string> {
	return remembered(session, DECLINED, () => new Map());
}

/** The question that was declined, where it was another one: the no was not to what is asked now. */
function declinedWords(
	session: Session,
	{ tool, place }: RefusalAt,
	{ action }: Question,
): string {
	const declined = declinedIn(session).get(`${tool} ${place}`);
	if (declined === action) return "";
	return `${declined === undefined ? "" : ` (${declined})`}, so that this is not done unasked`;
}

/** Kept for all processes; a folder that cannot be written must not turn a no into nothing. */
async function refuse(session: Session, question: Question): Promise<void> {
	const { clock, refusals, log } = session;
	const { tool } = QUESTIONS[question.kind];
	const refusal = { tool, atMs: clock.now() };
	for (const place of placesOf(question)) {
		declinedIn(session).set(`${tool} ${place}`, question.action);
		await refusals.add(place, refusal).catch((error: unknown) => {
			log(
				"error",
				`a person's no is known to this process only: ${(error as Error).message}`,
			);
		});
	}
}

/** A no, and the place where it was found. */
interface RefusalAt extends Refusal {
	readonly place: string;
}

/** The latest no to anything in these places; undefined: there is none. */
async function lastRefusal(
	session: Session,
	places: readonly string[],
): Promise<RefusalAt | undefined> {
	let last: RefusalAt | undefined;
	for (const place of places)
		for (const refusal of await session.refusals.of(place))
			if (last === undefined || refusal.atMs > last.atMs)
				last = { ...refusal, place };
	return last;
}

/** @throws TablesError where a person said no lately, or is being asked just now: `confirm` does not decide. */
async function mayConfirm(
	session: Session,
	question: Question,
	able: boolean,
): Promise<void> {
	const { action } = question;
	const places = placesOf(question);
	const last = await lastRefusal(session, places);
	if (last !== undefined) {
		const agoMs = Math.max(0, session.clock.now() - last.atMs);
		throw unagreed(
			last.unread
				? `what people said no to in the last 10 minutes cannot be read any more (a file in the folder "refusals" of the data folder is damaged or gone), so that it counts as a no: ${action}`
				: `a person said no to ${last.tool} here ${span(agoMs)} ago${declinedWords(session, last, question)}: ${action}`,
			`Stop, and ask the person what they want: \`confirm\` does not count for another ${span(NO_HOLDS_MS - agoMs)}.${
				able
					? " If the person has changed their mind, call without `confirm`, and they are asked again."
					: ""
			}`,
		);
	}
	if (places.some((place) => beingAsked(session).has(place)))
		throw unagreed(
			`a person is being asked about the same just now: ${action}`,
			"Wait for their answer.",
		);
}

function isGiven({ given }: Question): boolean {
	return given !== undefined && given !== "";
}

/** A clock that was set back tells nothing: then a no is a no. */
function isFast(afterMs: number): boolean {
	return afterMs >= 0 && afterMs < READING_MS;
}

function unagreed(message: string, next: string): TablesError {
	return new TablesError("declined", message, {
		next: `Nothing was sent. ${next}`,
	});
}

/** Where a person is always asked `confirm` would not be their answer, and what adds records takes none. */
function canConfirm(
	{ consent }: Pick<Session, "consent">,
	{ kind }: Question,
): boolean {
	return consent !== "always" && QUESTIONS[kind].tool !== ANY_TOOL;
}

/** How it goes on once a person has agreed elsewhere. */
function again(session: Session, question: Question): string {
	if (question.kind === "create_over" && session.consent !== "always")
		return "they use a client that can ask, or create the records without the links that others lose, and set these with update_records, which takes `confirm`";
	return canConfirm(session, question)
		? `call again with ${wanted(question)}`
		: "they use a client that can ask, or set TABLES_MCP_CONSENT to ask";
}

function wanted({ expected, given }: Question): string {
	const named = `confirm: ${JSON.stringify(shownName(expected))}`;
	return given === undefined || confirms(given, expected)
		? named
		: `${named} (given was ${JSON.stringify(shownName(given))})`;
}

/** Seconds where it is less than a minute: "1 minute ago" right after an answer is not understood. */
function span(ms: number): string {
	const isShort = ms < 60_000;
	const count = Math.max(1, Math.ceil(ms / (isShort ? 1_000 : 60_000)));
	return `${count} ${isShort ? "second" : "minute"}${count === 1 ? "" : "s"}`;
}
