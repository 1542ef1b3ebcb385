import type { VendorHarness } from "../harness.js";
import { conformance } from "./conformance.js";
import { everyVendor } from "./every-vendor.js";
import { fence } from "./fence.js";

/** A file on this machine: nothing is called, so that no call can be late, lost or refused. */
export const localHarness: VendorHarness = {
	conformance,
	everyVendor,
	fence,
	network: "none",
};
