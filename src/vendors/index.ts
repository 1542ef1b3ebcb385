import { bitableVendor } from "./bitable/index.js";
import { dingtalkVendor } from "./dingtalk/index.js";
import { fusionVendor } from "./fusion/index.js";
import { localVendor } from "./local/index.js";
import type { Vendor } from "./vendor.js";

/** The only list of vendors, by id. Each is a light cover; its adapter loads with its first connection. */
const BY_ID = {
	local: localVendor as Vendor,
	fusion: fusionVendor as Vendor,
	bitable: bitableVendor as Vendor,
	dingtalk: dingtalkVendor as Vendor,
} as const;

export type VendorName = keyof typeof BY_ID;

export const vendors: readonly Vendor[] = Object.values(BY_ID);
