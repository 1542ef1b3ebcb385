import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localVendor } from "../../../src/vendors/local/index.js";
import type { Vendor } from "../../../src/vendors/vendor.js";
import { sessionOf } from "../../conformance/session.js";
import type { ConformanceOptions } from "../../conformance/suite.js";

export const conformance: Readonly<Record<string, ConformanceOptions>> = {
	"the local store": {
		async open() {
			const folder = await mkdtemp(join(tmpdir(), "tables-mcp-"));
			const { session, close } = sessionOf({
				vendor: localVendor as Vendor,
				folder,
			});
			return {
				session,
				connection: "local",
				base: "main",
				async close() {
					await close();
					await rm(folder, { recursive: true, force: true });
				},
			};
		},
	},
};
