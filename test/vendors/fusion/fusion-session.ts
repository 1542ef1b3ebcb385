import type { Dispatcher } from "undici";
import type { Clock } from "../../../src/core/contract/clock.js";
import type { OpenSession } from "../../../src/session.js";
import { fusionVendor } from "../../../src/vendors/fusion/index.js";
import type { Vendor } from "../../../src/vendors/vendor.js";
import { sessionOf } from "../../conformance/session.js";
import { FakeDispatcher } from "../../fakes/dispatcher.js";
import type { Fake } from "../../fakes/fake.js";

/** Where the product's own host answers. */
export const AITABLE = "https://aitable.ai";

/** The fake in place of the network, at the product's own host. */
function mounted(fake: Fake, clock: Clock): () => Promise<Dispatcher> {
	const dispatcher = new FakeDispatcher({ [AITABLE]: fake }, clock);
	return async () => dispatcher;
}

/** A session of one fusion connection, named `fusion`, over a fake. */
export function fusionSession(options: {
	readonly fake: Fake;
	readonly token: string;
	readonly clock: Clock;
	readonly folder: string;
	readonly config?: object;
	readonly zone?: string;
	readonly me?: string;
	readonly seed?: number;
}): OpenSession {
	const { fake, token, clock, config, ...rest } = options;
	return sessionOf({
		...rest,
		vendor: fusionVendor as Vendor,
		clock,
		dispatcher: mounted(fake, clock),
		config: { product: "aitable", token, ...config },
	});
}
