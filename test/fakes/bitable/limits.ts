import { Refusal } from "./codes.js";
import type { Base } from "./model.js";
import type { Store } from "./store.js";

/** Calls allowed in a time. */
export interface Rate {
	readonly calls: number;
	readonly perMs: number;
}

export const perSecond = (calls: number): readonly Rate[] => [
	{ calls, perMs: 1_000 },
];
export const perMinute = (calls: number): readonly Rate[] => [
	{ calls, perMs: 60_000 },
];

export interface Limits {
	/** Counts a call of an app to one API. @throws Refusal 99991400, without any effect of the call */
	count(api: string, appId: string, rates: readonly Rate[]): void;
	/** Calls refused so far, by API. */
	readonly throttled: ReadonlyMap<string, number>;
}

/** The times of the last accepted calls, as many as the rate allows. */
interface Window {
	readonly times: number[];
	next: number;
}

/**
 * Windows slide: in any span of the rate's length no more calls pass than it allows.
 * A refused call does not count.
 */
export function createLimits(store: Store): Limits {
	const windows = new Map<string, Window>();
	const throttled = new Map<string, number>();
	return {
		throttled,
		count(api, appId, rates) {
			if (!store.switches.rates) return;
			const now = store.clock.now();
			const touched: { window: Window; rate: Rate }[] = [];
			for (const rate of rates) {
				const key = `${api} ${appId} ${rate.perMs}`;
				let window = windows.get(key);
				if (window === undefined) {
					window = { times: [], next: 0 };
					windows.set(key, window);
				}
				const oldest = window.times[window.next];
				if (oldest !== undefined && now - oldest < rate.perMs) {
					throttled.set(api, (throttled.get(api) ?? 0) + 1);
					throw new Refusal(99991400, undefined, {
						status: store.switches.throttledStatus,
						headers: {
							"x-ogw-ratelimit-limit": String(rate.calls),
							"x-ogw-ratelimit-reset": String(
								Math.max(1, Math.ceil((rate.perMs - (now - oldest)) / 1_000)),
							),
						},
					});
				}
				touched.push({ window, rate });
			}
			for (const { window, rate } of touched) {
				window.times[window.next] = now;
				window.next = (window.next + 1) % rate.calls;
			}
		},
	};
}

/** How long a write waits before it may begin. @throws Refusal 1254291 */
export function waitForLock(store: Store, base: Base): number {
	const { writeLock } = store.switches;
	const waitMs = base.lockedUntilMs - store.clock.now();
	if (waitMs <= 0) return 0;
	const queued =
		writeLock === "queue" ||
		(writeLock === "random" && store.identifiers.random() < 0.5);
	if (!queued) throw new Refusal(1254291);
	return waitMs;
}

/** Real timers may fire a little early against the clock. */
const TIMER_SLACK_MS = 2;

/** Locks the base for a write that begins after `waitMs`; returns when its answer leaves. */
export function lock(store: Store, base: Base, waitMs: number): number {
	const endMs = waitMs + store.switches.writeMs;
	base.lockedUntilMs = store.clock.now() + Math.max(0, endMs - TIMER_SLACK_MS);
	return endMs;
}
