import type { Fault, FaultPlan } from "../fake.js";
import { type Refusal, refusals, refused } from "./refusal.js";

const REQUEST_ID = "9C2F0E4A-0000-4000-8000-000000000000";
const before = (refusal: Refusal): Fault => ({
	when: "before",
	response: refused(refusal, REQUEST_ID),
});
const after = (refusal: Refusal): Fault => ({
	when: "after",
	response: refused(refusal, REQUEST_ID),
});

/** The page that an intermediate server sends in place of JSON. */
const htmlPage = (status: number) => ({
	status,
	headers: { "content-type": "text/html; charset=utf-8" },
	body: "<html><head><title>error</title></head><body>error</body></html>",
});

/** The vendor's known ways to fail, for `FakeOptions.fault`. `after…` did the work first. */
export const faults = {
	qps: before(refusals.qpsOfApp()),
	qpm: before(refusals.qpmOfApp()),
	qpsOfApi: before(refusals.qpsOfApi()),
	quotaSpent: before(refusals.quotaSpent(10_001, 10_000)),
	systemBusy: before(refusals.systemBusy()),
	stillInitializing: before(refusals.stillInitializing()),
	dataNotReady: before(refusals.dataNotReady()),
	duplicateToken: before(refusals.duplicateToken()),
	tokenRevoked: before(refusals.invalidToken("zh")),
	internalError: before(refusals.internalError()),
	unknownError: before(refusals.unknownError()),
	timeout: before(refusals.timeout()),
	unavailable: before(refusals.unavailable()),
	afterInternalError: after(refusals.internalError()),
	afterUnknownError: after(refusals.unknownError()),
	afterTimeout: after(refusals.timeout()),
	html: { when: "before", response: htmlPage(502) },
	afterHtml: { when: "after", response: htmlPage(502) },
	blocked: {
		when: "before",
		response: {
			status: 200,
			headers: { "content-type": "text/html;charset=UTF-8" },
			body: '{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"0a1b2c3d"}',
		},
	},
	noAnswer: { when: "before", broken: "no-answer" },
	afterNoAnswer: { when: "after", broken: "no-answer" },
	afterMidBody: { when: "after", broken: "mid-body" },
} satisfies Record<string, Fault>;

/** A fault at the given calls (counted from 1) whose method and path match. */
export function faultAt(
	fault: Fault,
	calls: readonly number[],
	matches: (method: string, path: string) => boolean = () => true,
): FaultPlan {
	let count = 0;
	return ({ method, path }) => {
		if (!matches(method, path)) return undefined;
		count++;
		return calls.includes(count) ? fault : undefined;
	};
}
