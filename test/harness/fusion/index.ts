import { createFusionSample } from "../../fakes/fusion/sample.js";
import type { VendorHarness } from "../harness.js";
import { bench } from "./bench.js";
import { conformance } from "./conformance.js";
import { everyVendor } from "./every-vendor.js";
import { faults } from "./faults.js";
import { fence } from "./fence.js";

export const fusionHarness: VendorHarness = {
	conformance,
	everyVendor,
	fence,
	network: {
		environments: {
			aitable: { AITABLE_TOKEN: "usk-secret" },
			apitable: {
				APITABLE_TOKEN: "usk-secret",
				APITABLE_BASE_URL: "https://tables.example.com",
			},
			vika: { VIKA_TOKEN: "usk-secret" },
		},
		sample: (options) => createFusionSample({ ...options, measured: true }),
		faults,
		bench,
	},
};
