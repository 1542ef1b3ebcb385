import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localVendor } from "../../src/vendors/local/index.js";
import type { Vendor } from "../../src/vendors/vendor.js";
import { sessionOf } from "./session.js";
import { describeConformance } from "./suite.js";

describeConformance("the local store", {
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
});
