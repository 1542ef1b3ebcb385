import { createBitableSample } from "../../fakes/bitable/sample.js";
import type { VendorHarness } from "../harness.js";
import { bench } from "./bench.js";
import { conformance } from "./conformance.js";
import { everyVendor } from "./every-vendor.js";
import { faults } from "./faults.js";
import { fence } from "./fence.js";

export const bitableHarness: VendorHarness = {
	conformance,
	everyVendor,
	fence,
	network: {
		environments: {
			feishu: {
				FEISHU_APP_ID: "cli_a",
				FEISHU_APP_SECRET: "app-secret",
				FEISHU_BASES: "bascn1, bascn2",
			},
			lark: { LARK_USER_ACCESS_TOKEN: "u-secret", LARK_BASES: "bas1" },
		},
		sample: createBitableSample,
		faults,
		bench,
	},
};
