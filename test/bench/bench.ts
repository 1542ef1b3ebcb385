import { measureBulk } from "./bulk.js";
import { measureListing } from "./listing.js";
import { isWithin, type Measurement } from "./measurement.js";
import { measureMemory } from "./memory.js";
import { measureOwnTime } from "./own-time.js";
import { measureRequests } from "./requests.js";
import { measureStartup } from "./startup.js";

/** Every budget beside its reference, measured in the same run; arguments name a part. Exits with 1 when one is exceeded. */
const BENCHES = {
	startup: measureStartup,
	listing: measureListing,
	requests: measureRequests,
	own: measureOwnTime,
	memory: measureMemory,
	bulk: measureBulk,
} as const satisfies Record<string, () => Promise<readonly Measurement[]>>;

async function main(): Promise<void> {
	console.log(
		`Node ${process.versions.node}, ${process.platform} ${process.arch}\n`,
	);
	let exceeded = 0;
	const named = process.argv.slice(2);
	for (const [name, bench] of Object.entries(BENCHES)) {
		if (named.length > 0 && !named.includes(name)) continue;
		for (const figure of await bench()) {
			const within = isWithin(figure);
			if (!within) exceeded++;
			console.log(
				[
					figure.budget === undefined ? "    " : within ? "ok  " : "OVER",
					figure.what.padEnd(46),
					`${round(figure.measured)} ${figure.unit}`.padStart(14),
					`${(figure.measured / figure.reference).toFixed(2)} x`.padStart(9),
					`${figure.against}: ${round(figure.reference)}${
						figure.budget === undefined
							? ""
							: `; ${figure.atLeast ? "at least" : "at most"} ${round(figure.budget)}`
					}`,
				].join(" "),
			);
		}
	}
	if (exceeded > 0) process.exitCode = 1;
}

function round(number: number): string {
	return number.toLocaleString("en", {
		maximumFractionDigits: number < 10 ? 2 : number < 1_000 ? 1 : 0,
	});
}

await main();
