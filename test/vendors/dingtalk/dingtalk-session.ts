import type { OpenSession } from "../../../src/session.js";
import { dingtalkVendor } from "../../../src/vendors/dingtalk/index.js";
import type { Vendor } from "../../../src/vendors/vendor.js";
import type { VirtualClock } from "../../clock.js";
import { sessionOf } from "../../conformance/session.js";
import type { DingtalkFake } from "../../fakes/dingtalk/index.js";
import { FakeDispatcher } from "../../fakes/dispatcher.js";

const API = "https://api.dingtalk.com";
const CONTACTS = "https://oapi.dingtalk.com";

/** Both hosts are one fake. */
export function dispatcherOf(fake: DingtalkFake, clock: VirtualClock) {
	return async () =>
		new FakeDispatcher({ [API]: fake, [CONTACTS]: fake }, clock);
}

/** A session with the one connection `dingtalk` over a fake, on a virtual clock. */
export function dingtalkSession(options: {
	readonly fake: DingtalkFake;
	readonly clock: VirtualClock;
	readonly folder: string;
	readonly bases?: readonly string[];
	/** Of the configuration, over the usual ones. */
	readonly config?: Readonly<Record<string, unknown>>;
	readonly zone?: string;
	readonly undo?: boolean;
	readonly seed?: number;
}): OpenSession {
	const { fake, clock, bases, config, ...rest } = options;
	return sessionOf({
		vendor: dingtalkVendor as Vendor,
		clock,
		dispatcher: dispatcherOf(fake, clock),
		config: {
			app_key: fake.app.key,
			app_secret: fake.app.secret,
			operator_id: fake.operatorId,
			...(bases === undefined ? {} : { bases }),
			...config,
		},
		...rest,
	});
}
