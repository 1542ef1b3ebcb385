import { isUtf8 } from "node:buffer";
import { letOthersRun } from "../core/values/in-turns.js";
import { messageLine } from "../core/values/json-line.js";
import {
	PARSED_AT_ONCE_BYTES,
	type ParsedJson,
	parseJson,
} from "../core/values/parse-json.js";
import {
	NOT_UTF8,
	notJson,
	REFUSED,
	type RequestId,
	refusal,
	requestIdOf,
	TOO_LARGE,
	TOO_MANY,
	type Wire,
} from "./json-rpc.js";

import {
	joined,
	type LongText,
	messageBytes,
	tooLong,
} from "./message-bytes.js";

/**
 * Lines of JSON on stdin and stdout. Unreadable lines are answered. The end of stdin is left to the caller, who is
 * told once all before it is handed on: it may still be answered.
 */
export function stdioWire(
	stdin: NodeJS.ReadableStream,
	stdout: NodeJS.WritableStream,
	ended: () => void = () => {},
): Wire {
	let message = messageBytes();
	let isEmpty = true;
	let skipping = false;
	/** A long line is being read: what comes behind it waits. */
	let isBusy = false;
	let hasEnded = false;
	const wire: Wire = {
		async start() {
			stdin.on("data", (chunk: Buffer | string) =>
				receive(Buffer.from(chunk as Buffer)),
			);
			stdin.on("end", () => {
				hasEnded = true;
				if (!isBusy) finish();
			});
			stdin.on("error", (error) => wire.onerror?.(error));
		},
		send: (message) =>
			new Promise((resolve) => {
				if (stdout.write(`${messageLine(message)}\n`)) resolve();
				else stdout.once("drain", resolve);
			}),
		async close() {
			wire.onclose?.();
		},
	};
	/** Messages are handed on in the order in which they come. */
	function receive(chunk: Buffer): void {
		let rest = chunk;
		for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
			take(rest.subarray(0, end));
			rest = rest.subarray(end + 1);
			const parsing = skipping ? undefined : line();
			skipping = false;
			if (parsing === undefined) continue;
			const behind = rest;
			stdin.pause();
			isBusy = true;
			void parsing.then(() => {
				isBusy = false;
				receive(behind);
				if (isBusy) return;
				stdin.resume();
				// What has been read to its end says so even while it is paused.
				if (hasEnded) finish();
			});
			return;
		}
		take(rest);
	}
	function finish(): void {
		const parsing = isEmpty ? undefined : line();
		if (parsing === undefined) ended();
		else void parsing.then(ended);
	}
	function take(bytes: Buffer): void {
		if (skipping || bytes.length === 0) return;
		isEmpty = false;
		if (!message.add(bytes)) return;
		begin();
		skipping = true;
		answer(REFUSED.notARequest, TOO_LARGE);
	}
	function begin(): void {
		message = messageBytes();
		isEmpty = true;
	}
	/** @returns when a long one is handed on; any other is by then. */
	function line(): Promise<void> | undefined {
		const ended = message.end();
		begin();
		if (ended.size > PARSED_AT_ONCE_BYTES) return longLine(ended);
		const { bytes, long } = ended;
		if (!isUtf8(bytes)) {
			answer(REFUSED.notJson, `a line ${NOT_UTF8}`);
			return undefined;
		}
		const text = bytes.toString("utf8").trim();
		if (text === "") return undefined;
		let value: unknown;
		try {
			value = JSON.parse(text);
		} catch (error) {
			noJson(error);
			return undefined;
		}
		handOn({ value }, long);
		return undefined;
	}
	/** Each look at all of it is a turn. */
	async function longLine(
		ended: ReturnType<typeof message.end>,
	): Promise<void> {
		const bytes = await joined(ended);
		if (!isUtf8(bytes)) {
			answer(REFUSED.notJson, `a line ${NOT_UTF8}`);
			return;
		}
		await letOthersRun();
		await parseJson(bytes).then((parsed) => handOn(parsed, ended.long), noJson);
	}
	function noJson(error: unknown): void {
		answer(REFUSED.notJson, `a line is not JSON: ${notJson(error)}`);
	}
	function handOn({ value, isCut }: ParsedJson, long?: LongText): void {
		const asked = requestIdOf(value);
		if (isCut) answer(REFUSED.badParams, TOO_MANY, asked);
		else if (long === undefined || asked === undefined)
			wire.onmessage?.(value as never);
		else answer(REFUSED.badParams, tooLong(long), asked);
	}
	function answer(
		code: number,
		message: string,
		id: RequestId | null = null,
	): void {
		void wire.send(refusal(id, code, message));
	}
	return wire;
}
