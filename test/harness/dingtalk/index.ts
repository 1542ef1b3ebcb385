import { createDingtalkSample } from "../../fakes/dingtalk/sample.js";
import type { VendorHarness } from "../harness.js";
import { bench } from "./bench.js";
import { conformance } from "./conformance.js";
import { everyVendor } from "./every-vendor.js";
import { faults } from "./faults.js";
import { fence } from "./fence.js";

export const dingtalkHarness: VendorHarness = {
	conformance,
	everyVendor,
	fence,
	network: {
		environments: {
			dingtalk: {
				DINGTALK_APP_KEY: "dingkey",
				DINGTALK_APP_SECRET: "app-secret",
				DINGTALK_OPERATOR_ID: "union1",
			},
		},
		sample: createDingtalkSample,
		faults,
		bench,
	},
};
