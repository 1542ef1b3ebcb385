import { NETWORKED } from "../harness/vendors.js";
import { listen } from "./listen.js";

/**
 * `npm run fakes`: every vendor's fake with sample data, on free ports of this machine.
 * Prints one JSON line with the environment that points the server at each, and runs until it is stopped.
 */
const clock = { now: () => Date.now() };
const environments: Record<string, Readonly<Record<string, string>>> = {};
for (const { id, sample } of NETWORKED) {
	const { fake, environment } = sample({ clock });
	const { origin } = await listen(fake);
	environments[id] = environment(origin);
}
process.stdout.write(`${JSON.stringify(environments)}\n`);
