import { messageLine } from "../core/values/json-line.js";
import {
	MAX_MESSAGE_BYTES,
	notJson,
	REFUSED,
	refusal,
	TOO_LARGE,
	type Wire,
} from "./json-rpc.js";

/**
 * Lines of JSON on stdin and stdout. Unreadable lines are answered. The end of stdin is left to the caller: what
 * was asked before it may still be answered.
 */
export function stdioWire(
	stdin: NodeJS.ReadableStream,
	stdout: NodeJS.WritableStream,
): Wire {
	let chunks: Buffer[] = [];
	let size = 0;
	let skipping = false;
	const wire: Wire = {
		async start() {
			stdin.on("data", (chunk: Buffer | string) =>
				receive(Buffer.from(chunk as Buffer)),
			);
			stdin.on("end", () => {
				if (size > 0) line(Buffer.concat(chunks));
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
			const whole = Buffer.concat([...chunks, rest.subarray(0, end)]);
			chunks = [];
			size = 0;
			rest = rest.subarray(end + 1);
			if (skipping) skipping = false;
			else line(whole);
		}
		if (skipping || rest.length === 0) return;
		chunks.push(rest);
		size += rest.length;
		if (size > MAX_MESSAGE_BYTES) {
			chunks = [];
			size = 0;
			skipping = true;
			answer(REFUSED.notARequest, TOO_LARGE);
		}
	}
	function line(bytes: Buffer): void {
		const text = bytes.toString("utf8").trim();
		if (text === "") return;
		let message: unknown;
		try {
			message = JSON.parse(text);
		} catch (error) {
			answer(REFUSED.notJson, `a line is not JSON: ${notJson(error)}`);
			return;
		}
		wire.onmessage?.(message as never);
	}
	function answer(code: number, message: string): void {
		void wire.send(refusal(null, code, message));
	}
	return wire;
}
