import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { scratchFolder } from "./scratch-folder.js";

const BOUNDS = "test/bounds/*.test.ts";
/** Needs programs beside Node: it has a run of its own. */
const SYSTEM = "test/system/*.test.ts";
/**
 * Thousands of short calls in one process leave much that is soon dead: in a larger nursery most of it is never copied.
 * And the other processors have workers of their own: a collection that is spread over threads only costs more.
 */
const MUCH_GARBAGE = [
	"--max-semi-space-size=64",
	"--min-semi-space-size=32",
	"--single-threaded-gc",
];

export default defineConfig({
	test: {
		root: new URL("..", import.meta.url).pathname,
		testTimeout: 30_000,
		hookTimeout: 30_000,
		env: { TMPDIR: scratchFolder() },
		// One more than there are processors: a suite that starts a process waits for it.
		maxWorkers: availableParallelism() + 1,
		// What a file was transformed to is kept until it changes.
		experimental: { fsModuleCache: true },
		projects: [
			{
				extends: true,
				test: {
					name: "all",
					include: ["test/**/*.test.ts"],
					exclude: [BOUNDS, SYSTEM],
					// No module keeps state, so files can share what they load: most of the time went into loading it again.
					isolate: false,
					execArgv: MUCH_GARBAGE,
				},
			},
			{
				extends: true,
				// Processes of their own: what is measured must not pay for what other suites have left. The meter collects first.
				test: { name: "bounds", include: [BOUNDS], isolate: false },
			},
		],
	},
});
