import { defineConfig } from "vitest/config";
import { scratchFolder } from "../scratch-folder.js";

/** What other programs make of our files: `npm run test:system`. Not a part of `npm test`, which needs none of them. */
export default defineConfig({
	test: {
		root: new URL("../..", import.meta.url).pathname,
		include: ["test/system/*.test.ts"],
		testTimeout: 120_000,
		hookTimeout: 120_000,
		env: { TMPDIR: scratchFolder() },
		isolate: false,
	},
});
