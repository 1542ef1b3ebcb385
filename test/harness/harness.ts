import type { BulkCase } from "../bench/bulk-case.js";
import type { ConformanceOptions } from "../conformance/suite.js";
import type { PeerOfVendor } from "../every-vendor/world.js";
import type { Fake, FakeOptions } from "../fakes/fake.js";
import type { FaultVendor } from "../faults/suite.js";
import type { SiteOfVendor } from "../fence/site.js";

/** All that the suites need to know of a vendor; each member is documented by the suite that takes it. */
export interface VendorHarness {
	/** Accounts that pass the conformance suite, by title. */
	readonly conformance: Readonly<Record<string, ConformanceOptions>>;
	readonly everyVendor: PeerOfVendor;
	readonly fence: SiteOfVendor;
	/** "none": it is not called over a network, so that there is no fake and nothing to lose on the way. */
	readonly network: NetworkHarness | "none";
}

/** What is known beside it of a vendor that is called over a network. */
export interface NetworkHarness {
	/**
	 * By the connection that it makes: a whole set of the environment's variables, all with the connection's name before
	 * them. Values that are secret end with "-secret". `test/live` runs against each, with a person's own values.
	 */
	readonly environments: Readonly<
		Record<string, Readonly<Record<string, string>>>
	>;
	/** The account that `npm run fakes` shows. */
	sample(options: Pick<FakeOptions, "clock">): {
		readonly fake: Fake;
		/** The variables that point the server at the fake, which listens at `origin`. */
		environment(origin: string): Readonly<Record<string, string>>;
	};
	readonly faults: FaultVendor;
	/** What `npm run bench` measures in bulk. */
	readonly bench: readonly BulkCase[];
}
