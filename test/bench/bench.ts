import { measureBulk } from "./bulk.js";
import { measureExport } from "./export.js";
import { measureListing } from "./listing.js";
import { isWithin, type Measurement } from "./measurement.js";
import { measureOwnTime } from "./own-time.js";
import { measureStartup } from "./startup.js";

/** Every budget beside its reference, measured in the same run. Exits with 1 when one is exceeded. */
const BENCHES: readonly (() => Promise<readonly Measurement[]>)[] = [
	measureStartup,
	measureListing,
	measureOwnTime,
	measureExport,
	measureBulk,
];

async function main(): Promise<void> {
	console.log(
		`Node ${process.versions.node}, ${process.platform} ${process.arch}\n`,
	);
	let exceeded = 0;
	for (const bench of BENCHES)
		for (const figure of await bench()) {
			const within = isWithin(figure);
			if (!within) exceeded++;
			console.log(
				[
					within ? "ok  " : "OVER",
					figure.what.padEnd(46),
					`${round(figure.measured)} ${figure.unit}`.padStart(14),
					`${(figure.measured / figure.reference).toFixed(2)} x`.padStart(9),
					`${figure.against}: ${round(figure.reference)};`,
					`${figure.atLeast ? "at least" : "at most"} ${round(figure.budget)}`,
				].join(" "),
			);
		}
	if (exceeded > 0) process.exitCode = 1;
}

function round(number: number): string {
	return number.toLocaleString("en", {
		maximumFractionDigits: number < 10 ? 2 : number < 1_000 ? 1 : 0,
	});
}

await main();
