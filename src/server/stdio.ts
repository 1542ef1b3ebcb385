import { isUtf8 } from "node:buffer";
import { messageLine } from "../core/values/json-line.js";
import {
	NOT_UTF8,
	notJson,
	REFUSED,
	type RequestId,
	refusal,
	requestIdOf,
	TOO_LARGE,
	type Wire,
} from "./json-rpc.js";

import { messageBytes, tooLong } from "./message-bytes.js";

/**
 * Lines of JSON on stdin and stdout. Unreadable lines are answered. The end of stdin is left to the caller: what
 * was asked before it may still be answered.
 */
export function stdioWire(
	stdin: NodeJS.ReadableStream,
	stdout: NodeJS.WritableStream,
): Wire {
	let message = messageBytes();
	let isEmpty = true;
	let skipping = false;
	const wire: Wire = {
		async start() {
			stdin.on("data", (chunk: Buffer | string) =>
				receive(Buffer.from(chunk as Buffer)),
			);
			stdin.on("end", () => {
				if (!isEmpty) line();
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
	function receive(chunk: Buffer): void {
		let rest = chunk;
		for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
			take(rest.subarray(0, end));
			rest = rest.subarray(end + 1);
			if (skipping) skipping = false;
			else line();
		}
		take(rest);
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
	function line(): void {
		const { bytes, long } = message.end();
		begin();
		if (!isUtf8(bytes)) {
			answer(REFUSED.notJson, `a line ${NOT_UTF8}`);
			return;
		}
		const text = bytes.toString("utf8").trim();
		if (text === "") return;
		let given: unknown;
		try {
			given = JSON.parse(text);
		} catch (error) {
			answer(REFUSED.notJson, `a line is not JSON: ${notJson(error)}`);
			return;
		}
		const asked = long === undefined ? undefined : requestIdOf(given);
		if (long === undefined || asked === undefined)
			wire.onmessage?.(given as never);
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
