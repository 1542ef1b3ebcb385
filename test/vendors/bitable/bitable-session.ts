import type { OpenSession } from "../../../src/session.js";
import { bitableVendor } from "../../../src/vendors/bitable/index.js";
import type { Vendor } from "../../../src/vendors/vendor.js";
import type { VirtualClock } from "../../clock.js";
import { sessionOf } from "../../conformance/session.js";
import type { BitableFake } from "../../fakes/bitable/index.js";
import { FakeDispatcher } from "../../fakes/dispatcher.js";

export const ORIGIN = "https://open.feishu.cn";

/** A session whose only connection, "bitable", is the fake in place of the vendor's host. */
export function bitableSession(options: {
	readonly fake: BitableFake;
	readonly clock: VirtualClock;
	readonly folder: string;
	/** Input of the vendor's schema beside the app's credential. */
	readonly config?: Readonly<Record<string, unknown>>;
	readonly me?: string;
	readonly undo?: boolean;
	readonly seed?: number;
}): OpenSession {
	const { fake, clock, folder, config, me, undo, seed } = options;
	const dispatcher = new FakeDispatcher({ [ORIGIN]: fake }, clock);
	return sessionOf({
		vendor: bitableVendor as Vendor,
		folder,
		config: {
			...(config?.user_access_token === undefined &&
			config?.tenant_access_token === undefined
				? { app_id: fake.app.id, app_secret: fake.app.secret }
				: {}),
			...config,
		},
		clock,
		dispatcher: async () => dispatcher,
		...(me === undefined ? {} : { me }),
		...(undo === undefined ? {} : { undo }),
		...(seed === undefined ? {} : { seed }),
	});
}
