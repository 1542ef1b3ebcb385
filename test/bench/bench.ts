import { type Measurement, measureStartup } from "./startup.js";

/** Every budget beside its reference, measured in the same run. Exits with 1 when one is exceeded. */
const BENCHES: readonly (() => Promise<readonly Measurement[]>)[] = [
	measureStartup,
];

async function main(): Promise<void> {
	let exceeded = 0;
	for (const bench of BENCHES)
		for (const { what, unit, measured, reference, budget } of await bench()) {
			const within = measured <= budget;
			if (!within) exceeded++;
			console.log(
				`${within ? "ok  " : "OVER"} ${what.padEnd(40)} ${round(measured)} ${unit} (reference ${round(reference)}, budget ${round(budget)})`,
			);
		}
	if (exceeded > 0) process.exitCode = 1;
}

function round(number: number): string {
	return number.toLocaleString("en", { maximumFractionDigits: 1 });
}

await main();
