import { fileStore, openBuckets } from "../../src/http/buckets.js";

/** A process of its own that takes turns from shared buckets: `folder turns calls perMs`. Prints when each was let through. */
const [folder = "", turns = "0", calls = "1", perMs = "1000"] =
	process.argv.slice(2);
const inner = fileStore(folder);
const times: number[] = [];
const buckets = openBuckets(
	{
		change: (name, work) =>
			inner.change(name, (ledger) => {
				const answer = work(ledger);
				if (answer === 0) times.push(ledger.times.at(-1) ?? 0);
				return answer;
			}),
	},
	{
		now: () => Date.now(),
		sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
	},
);
const use = {
	name: "shared",
	rate: { calls: Number(calls), perMs: Number(perMs) },
};
process.stdout.write("ready\n");
process.stdin.once("data", async () => {
	await Promise.all(
		Array.from({ length: Number(turns) }, () => buckets.enter([use], "bulk")),
	);
	process.stdout.write(`${JSON.stringify(times)}\n`);
	process.stdin.destroy();
});
