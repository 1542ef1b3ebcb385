import { type Refusal, refusals } from "./refusal.js";
import type { Store } from "./store.js";

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const ADDRESS_WINDOW_MS = 20_000;
const BLOCK_MS = 300_000;
/** Months are counted in China's time. */
const MONTH_ZONE_MS = 8 * 3_600_000;

export interface Limits {
	/** Counts a call of an app to an API. @throws Refusal 403, without any effect of the call */
	count(appKey: string, api: string): void;
	/** Counts a call that the monthly quota covers. @throws Refusal 403 */
	countMonth(): void;
	/** Counts a call of the address; true: it is blocked. */
	isBlocked(): boolean;
	/** Throttled calls so far by API; `address` counts the blocked ones. */
	readonly throttled: ReadonlyMap<string, number>;
	/** Calls of this month that the quota covers. */
	readonly monthlyCalls: () => number;
}

interface Window {
	/** True: counted; false: full. */
	take(nowMs: number, most: number): boolean;
}

/** Opened by its first call; full calls are not counted. */
function fixedWindow(lengthMs: number): Window {
	let startMs = Number.NEGATIVE_INFINITY;
	let count = 0;
	return {
		take(nowMs, most) {
			if (nowMs - startMs >= lengthMs) {
				startMs = nowMs;
				count = 0;
			}
			if (count >= most) return false;
			count++;
			return true;
		},
	};
}

function slidingWindow(lengthMs: number): Window {
	let times: number[] = [];
	return {
		take(nowMs, most) {
			times = times.filter((time) => nowMs - time < lengthMs);
			if (times.length >= most) return false;
			times.push(nowMs);
			return true;
		},
	};
}

export function createLimits(store: Store): Limits {
	const { switches, clock } = store;
	const windows = new Map<string, Window>();
	const throttled = new Map<string, number>();
	const address = fixedWindow(ADDRESS_WINDOW_MS);
	let blockedUntilMs = Number.NEGATIVE_INFINITY;
	let month = "";
	let monthly = 0;
	let spentAtMs: number | undefined;

	const note = (place: string) =>
		throttled.set(place, (throttled.get(place) ?? 0) + 1);
	const take = (key: string, lengthMs: number, most: number): boolean => {
		if (most === Number.POSITIVE_INFINITY) return true;
		const full = `${switches.window} ${key}`;
		let window = windows.get(full);
		if (window === undefined) {
			window = (switches.window === "fixed" ? fixedWindow : slidingWindow)(
				lengthMs,
			);
			windows.set(full, window);
		}
		return window.take(clock.now(), most);
	};
	const thisMonth = () => {
		const current = new Date(clock.now() + MONTH_ZONE_MS)
			.toISOString()
			.slice(0, 7);
		if (current !== month) {
			month = current;
			monthly = 0;
			spentAtMs = undefined;
		}
	};
	return {
		throttled,
		monthlyCalls: () => {
			thisMonth();
			return monthly;
		},
		count(appKey, api) {
			const refuse = (refusal: Refusal): never => {
				note(api);
				throw refusal;
			};
			if (!take(`platform ${api}`, SECOND_MS, switches.platformCallsPerSecond))
				refuse(refusals.qpsOfApi());
			if (!take(`second ${appKey} ${api}`, SECOND_MS, switches.callsPerSecond))
				refuse(refusals.qpsOfApp());
			if (!take(`minute ${appKey} ${api}`, MINUTE_MS, switches.callsPerMinute))
				refuse(refusals.qpmOfApp());
		},
		countMonth() {
			thisMonth();
			if (monthly >= switches.monthlyCalls) {
				spentAtMs ??= clock.now();
				if (clock.now() - spentAtMs >= switches.graceDays * DAY_MS)
					throw refusals.quotaSpent(monthly + 1, switches.monthlyCalls);
			}
			monthly++;
		},
		isBlocked() {
			const nowMs = clock.now();
			if (nowMs >= blockedUntilMs) {
				if (address.take(nowMs, switches.callsPerAddress)) return false;
				blockedUntilMs = nowMs + BLOCK_MS;
			}
			note("address");
			return true;
		},
	};
}
