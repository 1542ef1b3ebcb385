import { type VendorName, vendors } from "../../src/vendors/index.js";
import type { Vendor } from "../../src/vendors/vendor.js";
import { bitableHarness } from "./bitable/index.js";
import { dingtalkHarness } from "./dingtalk/index.js";
import { fusionHarness } from "./fusion/index.js";
import type { NetworkHarness, VendorHarness } from "./harness.js";
import { localHarness } from "./local/index.js";

/** The only list of vendors in the tests: every suite goes through it, and a vendor that is missing does not compile. */
export const HARNESSES: Readonly<Record<VendorName, VendorHarness>> = {
	local: localHarness,
	fusion: fusionHarness,
	bitable: bitableHarness,
	dingtalk: dingtalkHarness,
};

export const VENDOR_NAMES = Object.keys(HARNESSES) as readonly VendorName[];

/** Those that are called over a network. */
export const NETWORKED: readonly (NetworkHarness & {
	readonly id: VendorName;
})[] = VENDOR_NAMES.flatMap((id) => {
	const { network } = HARNESSES[id];
	return network === "none" ? [] : [{ id, ...network }];
});

/** The program's own cover of a vendor. */
export function vendorOf(name: VendorName): Vendor {
	const vendor = vendors.find(({ id }) => id === name);
	if (vendor === undefined) throw new Error(`no vendor ${name}`);
	return vendor;
}

/** What is known of a vendor's network. */
export function networkOf(name: VendorName): NetworkHarness {
	const network = NETWORKED.find(({ id }) => id === name);
	if (network === undefined)
		throw new Error(`${name} is not called over a network`);
	return network;
}
