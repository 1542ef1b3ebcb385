import { localVendor } from "../../../src/vendors/local/index.js";
import type { Vendor } from "../../../src/vendors/vendor.js";
import { sessionOf } from "../../conformance/session.js";
import type { ConformanceOptions } from "../../conformance/suite.js";

export const conformance: Readonly<Record<string, ConformanceOptions>> = {
	"the local store": {
		async open(folder) {
			const { session, close } = sessionOf({
				vendor: localVendor as Vendor,
				folder,
			});
			return { session, connection: "local", base: "main", close };
		},
	},
};
