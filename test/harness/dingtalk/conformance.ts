import { virtualClock } from "../../clock.js";
import type { ConformanceOptions } from "../../conformance/suite.js";
import {
	createDingtalkFake,
	type DingtalkSwitches,
} from "../../fakes/dingtalk/index.js";
import { dingtalkSession } from "../../vendors/dingtalk/dingtalk-session.js";
import { joined, togetherFlipped } from "../../vendors/dingtalk/flips.js";

/** An account with people, a department and one base. */
function account(
	switches: Partial<DingtalkSwitches> = {},
): ConformanceOptions["open"] {
	return async (folder) => {
		const clock = virtualClock();
		const fake = createDingtalkFake({
			clock,
			switches: { monthlyCalls: Number.POSITIVE_INFINITY, ...switches },
		});
		for (const name of ["Ann", "Bo"]) fake.addUser({ name });
		fake.addDepartment({ name: "Sales" });
		const base = fake.addBase({ name: "Conformance" });
		const listed = fake.addSheet(base, {
			name: "Listed",
			fields: [{ name: "Title", type: "text" }],
		});
		const { session, close } = dingtalkSession({
			fake,
			clock,
			folder,
			bases: [base],
		});
		const site = "https://alidocs.dingtalk.com/i";
		return {
			session,
			connection: "dingtalk",
			base,
			urls: [
				{ url: `${site}/nodes/${base}`, names: { base } },
				{
					url: `${site}/nodes/${base}?iframeQuery=${encodeURIComponent(`sheetId=${listed}&viewId=v1`)}`,
					names: { base, table: listed },
				},
				{ url: `${site}/p/a1b2c3d4e5`, names: "unresolvable" },
				{ url: `${site}/spaces/a1b2c3d4/overview`, names: "unresolvable" },
			],
			close,
		};
	};
}

const OPTIONS: Omit<ConformanceOptions, "open"> = {
	columns: {
		group: { absent: "groups have ids only, in a form that no page tells" },
	},
};

export const conformance: Readonly<Record<string, ConformanceOptions>> = {
	"DingTalk AI Table": { open: account(), ...OPTIONS },
	// What the documents leave open, the other way in most places; a minute's limit would stop so much work at once.
	"DingTalk AI Table, otherwise than it is taken to be": {
		open: account({
			...joined(togetherFlipped()[1] ?? []),
			nullValue: "clear",
			callsPerMinute: Number.POSITIVE_INFINITY,
		}),
		...OPTIONS,
	},
};
