import type { FakeRequest, Fault, FaultPlan } from "../fakes/fake.js";
import { jsonResponse } from "../fakes/fake.js";

/** One way in which a vendor misbehaves; undefined where it does not fit the request. */
export type Misbehaviour = (request: FakeRequest) => Fault | undefined;

const html = (status: number): Fault["response"] => ({
	status,
	headers: { "content-type": "text/html" },
	body: `<html><body><h1>${status}</h1></body></html>`,
});

/** Longer than any attempt waits. */
const TOO_LONG_MS = 30_000;

/** What any server behind a network may do. `after`: the vendor did its work. */
export const NETWORK: Readonly<Record<string, Misbehaviour>> = {
	"reset before": () => ({ when: "before", broken: "no-answer" }),
	"reset after": () => ({ when: "after", broken: "no-answer" }),
	"500 before": () => ({ when: "before", response: html(500) as never }),
	"502 before": () => ({ when: "before", response: html(502) as never }),
	"502 after": () => ({ when: "after", response: html(502) as never }),
	"503 before": () => ({ when: "before", response: html(503) as never }),
	"504 after": () => ({ when: "after", response: html(504) as never }),
	"silent before": () => ({
		when: "before",
		response: html(504) as never,
		delayMs: TOO_LONG_MS,
	}),
	"silent after": () => ({ when: "after", delayMs: TOO_LONG_MS }),
	slow: () => ({ when: "after", delayMs: 3_000 }),
	"cut off": () => ({ when: "after", broken: "mid-body" }),
};

/** An answer in the vendor's own form, in place of doing anything. */
export const instead =
	(status: number, body: unknown, headers?: Record<string, string>) =>
	(): Fault => ({
		when: "before",
		response: jsonResponse(status, body, headers ?? {}),
	});

export interface Schedule {
	readonly plan: FaultPlan;
	/** From here on the vendor behaves. */
	calm(): void;
	/** What was done, in order. */
	readonly done: readonly string[];
}

/** Every request misbehaves with a probability, in one of the ways, until `calm`. */
export function schedule(
	random: () => number,
	ways: Readonly<Record<string, Misbehaviour>>,
	probability: number,
): Schedule {
	const names = Object.keys(ways);
	const done: string[] = [];
	let calm = false;
	return {
		done,
		calm: () => {
			calm = true;
		},
		plan(request) {
			if (calm || random() >= probability) return undefined;
			const name = names[Math.floor(random() * names.length)] as string;
			const fault = ways[name]?.(request);
			if (fault !== undefined)
				done.push(`${name}: ${request.method} ${request.path}`);
			return fault;
		},
	};
}
