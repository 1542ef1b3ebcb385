import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { scratchFolder } from "./scratch-folder.js";

export default defineConfig({
	test: {
		root: new URL("..", import.meta.url).pathname,
		include: ["test/**/*.test.ts"],
		testTimeout: 30_000,
		env: { TMPDIR: scratchFolder() },
		// No module keeps state, so files can share what they load: most of the time went into loading it again.
		isolate: false,
		// One for each processor: the process that gives out the files has little to do.
		maxWorkers: availableParallelism(),
	},
});
