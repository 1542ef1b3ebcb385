import { virtualClock } from "../clock.js";
import { type ScriptedOptions, scripted } from "../core/scripted-adapter.js";
import { sessionOf } from "./session.js";
import { type ConformanceOptions, describeConformance } from "./suite.js";

/** The suite over vendors that can do little: no views, no filter, no order, small batches, late values. */
function little(
	options: Omit<ScriptedOptions, "clock">,
): Pick<ConformanceOptions, "open"> {
	return {
		async open(folder) {
			const clock = virtualClock();
			const { vendor } = scripted({ ...options, clock });
			const { session, close } = sessionOf({ vendor, folder, clock });
			return {
				session,
				connection: "scripted",
				base: "base1",
				urls: [{ url: "https://tables.example.net/x", names: "unresolvable" }],
				shown: async () => clock.advance(options.lateMs ?? 0),
				close,
			};
		},
	};
}

const ONE_SIDED = {
	"a two-way link shows on both sides":
		"the scripted vendor keeps links on one side only",
};

describeConformance("a vendor that shows values late", {
	...little({ lateMs: 3_000, writes: "serial-per-table" }),
	exceptions: ONE_SIDED,
});

describeConformance("a vendor with numbered pages that shift", {
	...little({
		page: 7,
		pageCursors: true,
		pagesShift: true,
		timed: true,
		idempotent: true,
		echoes: true,
	}),
	exceptions: ONE_SIDED,
});
