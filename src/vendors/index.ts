import { bitableVendor } from "./bitable/index.js";
import { dingtalkVendor } from "./dingtalk/index.js";
import { fusionVendor } from "./fusion/index.js";
import { localVendor } from "./local/index.js";
import type { Vendor } from "./vendor.js";

/** The only list of vendors. Each is a light cover; its adapter loads with its first connection. */
export const vendors: readonly Vendor[] = [
	localVendor as Vendor,
	fusionVendor as Vendor,
	bitableVendor as Vendor,
	dingtalkVendor as Vendor,
];
