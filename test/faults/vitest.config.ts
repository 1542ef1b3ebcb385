import { defineConfig } from "vitest/config";
import { scratchFolder } from "../scratch-folder.js";

/** Every schedule and kill of the fault suites: `npm run test:faults`. `npm test` runs a part of them. */
export default defineConfig({
	test: {
		root: new URL("../..", import.meta.url).pathname,
		include: ["test/faults/*.test.ts"],
		env: {
			FAULT_SCHEDULES: "2000",
			KILL_RUNS: "30",
			TMPDIR: scratchFolder(),
		},
		isolate: false,
	},
});
