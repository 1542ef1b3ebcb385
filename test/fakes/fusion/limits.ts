import { refusals } from "./refusal.js";
import type { Plan, Store } from "./store.js";

const PER_SECOND: Readonly<Record<Plan, number>> = {
	"open-source": 5,
	free: 2,
	plus: 5,
	pro: 10,
	enterprise: 20,
};
/** Calls without a datasheet or space in their path share one bucket of the built-in rate. */
const PER_SECOND_OF_USER = 5;
const WINDOW_MS = 1000;

export interface Limits {
	/** Counts a call of a token. @throws Refusal 429, without any effect of the call */
	countSecond(path: string, token: string): void;
	/** Counts a call of a space in its calendar month. @throws Refusal 403 */
	countMonth(spaceId: string): void;
	/** Calls refused so far, by `dst…`, `spc…` or `user`. */
	readonly throttled: ReadonlyMap<string, number>;
}

/** Windows are fixed: the first call opens one of a second. */
export function createLimits(store: Store): Limits {
	const windows = new Map<string, { startMs: number; count: number }>();
	const months = new Map<string, { month: string; count: number }>();
	const throttled = new Map<string, number>();
	return {
		throttled,
		countSecond(path, token) {
			const place =
				/\/(dst[A-Za-z0-9]+)/.exec(path)?.[1] ??
				/\/(spc[A-Za-z0-9]+)/.exec(path)?.[1] ??
				"user";
			const { plan, callsPerSecond } = store.switches;
			const chosen = callsPerSecond ?? PER_SECOND[plan];
			const limit =
				place === "user" && chosen !== Number.POSITIVE_INFINITY
					? PER_SECOND_OF_USER
					: chosen;
			if (limit === Number.POSITIVE_INFINITY) return;
			const key = `${place}:${token}`;
			const now = store.clock.now();
			let window = windows.get(key);
			if (window === undefined || now - window.startMs >= WINDOW_MS) {
				window = { startMs: now, count: 0 };
				windows.set(key, window);
			}
			window.count++;
			if (window.count > limit) {
				throttled.set(place, (throttled.get(place) ?? 0) + 1);
				throw refusals.tooFast(limit);
			}
		},
		countMonth(spaceId) {
			const month = new Date(store.clock.now()).toISOString().slice(0, 7);
			let used = months.get(spaceId);
			if (used?.month !== month) {
				used = { month, count: 0 };
				months.set(spaceId, used);
			}
			if (used.count >= store.switches.monthlyCalls) throw refusals.monthly();
			used.count++;
		},
	};
}
