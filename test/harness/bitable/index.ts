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
	network: { sample: createBitableSample, faults, bench },
};
