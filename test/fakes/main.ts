import { createBitableSample } from "./bitable/sample.js";
import { createDingtalkSample } from "./dingtalk/sample.js";
import { createFusionSample } from "./fusion/sample.js";
import { listen } from "./listen.js";

/**
 * `npm run fakes`: every vendor's fake with sample data, on free ports of this machine.
 * Prints one JSON line with the environment that points the server at each, and runs until it is stopped.
 */
const clock = { now: () => Date.now() };
const samples = {
	fusion: createFusionSample({ clock }),
	bitable: createBitableSample({ clock }),
	dingtalk: createDingtalkSample({ clock }),
};

const environments: Record<string, Record<string, string>> = {};
for (const [vendor, sample] of Object.entries(samples)) {
	const { origin } = await listen(sample.fake);
	environments[vendor] = sample.environment(origin);
}
process.stdout.write(`${JSON.stringify(environments)}\n`);
