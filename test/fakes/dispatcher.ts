import { Dispatcher } from "undici";
import type { Clock } from "../../src/core/contract/clock.js";
import type { Fake } from "./fake.js";

const CHUNK_BYTES = 1024 * 1024;

/**
 * Fakes mounted in place of the network: `fakes` maps an origin (`https://api.example.com`) to its fake.
 * Delays run on `clock`, so a virtual clock makes them free. An unknown origin fails like a refused connection.
 */
export class FakeDispatcher extends Dispatcher {
	constructor(
		private readonly fakes: Readonly<Record<string, Fake>>,
		private readonly clock: Clock,
	) {
		super();
	}

	override dispatch(
		options: Dispatcher.DispatchOptions,
		handler: Dispatcher.DispatchHandler,
	): boolean {
		void this.#run(options, handler);
		return true;
	}

	async #run(
		options: Dispatcher.DispatchOptions,
		handler: Dispatcher.DispatchHandler,
	) {
		const abort = new AbortController();
		const client = clientOf(handler, (reason) => abort.abort(reason));
		try {
			client.start();
			const origin = String(options.origin);
			const fake = this.fakes[origin];
			if (fake === undefined)
				throw Object.assign(new Error(`connect ECONNREFUSED ${origin}`), {
					code: "ECONNREFUSED",
				});
			const body = await bytes(options.body);
			if (abort.signal.aborted) throw abort.signal.reason;
			const [path = "", query = ""] = options.path.split(/\?(.*)/s);
			const answer = fake.handle({
				method: options.method,
				origin,
				path,
				query,
				headers: lowerCased(options.headers),
				body,
			});
			if (answer.delayMs) await this.clock.sleep(answer.delayMs, abort.signal);
			else await new Promise((resolve) => setImmediate(resolve));
			if (abort.signal.aborted) throw abort.signal.reason;
			const reset = () =>
				Object.assign(new Error("socket hang up"), { code: "UND_ERR_SOCKET" });
			if (answer.broken === "no-answer") throw reset();
			client.head(answer.status, {
				date: new Date(this.clock.now()).toUTCString(),
				...answer.headers,
			});
			const { body: said = "" } = answer;
			const payload =
				typeof said === "string"
					? Buffer.from(said)
					: Buffer.from(said.buffer, said.byteOffset, said.byteLength);
			if (answer.broken === "mid-body") {
				client.data(payload.subarray(0, Math.floor(payload.length / 2)));
				throw reset();
			}
			for (let at = 0; at < payload.length; at += CHUNK_BYTES) {
				client.data(payload.subarray(at, at + CHUNK_BYTES));
				// A long answer comes bit by bit, and ends where the client hangs up.
				if (payload.length > CHUNK_BYTES)
					await new Promise((resolve) => setImmediate(resolve));
				if (abort.signal.aborted) throw abort.signal.reason;
			}
			client.end();
		} catch (error) {
			client.fail(error as Error);
		}
	}

	override close(): Promise<void>;
	override close(callback: () => void): void;
	override close(callback?: () => void): Promise<void> | undefined {
		if (callback === undefined) return Promise.resolve();
		callback();
		return undefined;
	}

	override destroy(): Promise<void>;
	override destroy(error: Error | null): Promise<void>;
	override destroy(callback: () => void): void;
	override destroy(error: Error | null, callback: () => void): void;
	override destroy(
		first?: Error | null | (() => void),
		second?: () => void,
	): Promise<void> | undefined {
		const callback = typeof first === "function" ? first : second;
		if (callback === undefined) return Promise.resolve();
		callback();
		return undefined;
	}
}

interface Client {
	start(): void;
	head(status: number, headers: Record<string, string>): void;
	data(chunk: Buffer): void;
	end(): void;
	fail(error: Error): void;
}

/** undici 7 hands its own calls over in the older handler shape and interceptors' in the newer one. */
function clientOf(
	handler: Dispatcher.DispatchHandler,
	abort: (reason?: Error) => void,
): Client {
	if (handler.onRequestStart === undefined)
		return {
			start: () => handler.onConnect?.((reason) => abort(reason)),
			head: (status, headers) =>
				handler.onHeaders?.(
					status,
					Object.entries(headers).flatMap((entry) =>
						entry.map((text) => Buffer.from(text)),
					),
					() => {},
					"",
				),
			data: (chunk) => handler.onData?.(chunk),
			end: () => handler.onComplete?.([]),
			fail: (error) => handler.onError?.(error),
		};
	const controller: Dispatcher.DispatchController = {
		aborted: false,
		paused: false,
		reason: null,
		rawHeaders: null,
		rawTrailers: null,
		abort(reason: Error) {
			(this as { aborted: boolean }).aborted = true;
			abort(reason);
		},
		pause() {},
		resume() {},
	};
	return {
		start: () => handler.onRequestStart?.(controller, {}),
		head: (status, headers) =>
			handler.onResponseStart?.(controller, status, headers, ""),
		data: (chunk) => handler.onResponseData?.(controller, chunk),
		end: () => handler.onResponseEnd?.(controller, {}),
		fail: (error) => handler.onResponseError?.(controller, error),
	};
}

async function bytes(
	body: Dispatcher.DispatchOptions["body"],
): Promise<Buffer> {
	if (body === undefined || body === null) return Buffer.alloc(0);
	if (typeof body === "string" || body instanceof Uint8Array)
		return Buffer.from(body);
	const chunks: Buffer[] = [];
	for await (const chunk of body as AsyncIterable<Uint8Array | string>)
		chunks.push(Buffer.from(chunk as Uint8Array));
	return Buffer.concat(chunks);
}

function lowerCased(
	headers: Dispatcher.DispatchOptions["headers"],
): Record<string, string> {
	const result: Record<string, string> = {};
	const entries: Iterable<[string, unknown]> = Array.isArray(headers)
		? pairs(headers)
		: headers && Symbol.iterator in headers
			? (headers as Iterable<[string, unknown]>)
			: Object.entries(headers ?? {});
	for (const [name, value] of entries)
		result[name.toLowerCase()] = String(value);
	return result;
}

function* pairs(flat: readonly string[]): Iterable<[string, string]> {
	for (let index = 0; index + 1 < flat.length; index += 2)
		yield [flat[index] as string, flat[index + 1] as string];
}
