import { spawnSync } from "node:child_process";

/** What a program prints, as text. @throws with what it says where it fails. */
export function output(command: string, args: readonly string[]): string {
	const { status, stdout, stderr, error } = spawnSync(command, args, {
		encoding: "utf8",
		maxBuffer: 64 * 1024 * 1024,
	});
	if (status !== 0)
		throw new Error(`${command} failed: ${error?.message ?? stderr}`);
	return stdout;
}

/** Does the command work here? Says so where it does not. */
export function isThere(command: string, args: readonly string[]): boolean {
	const { status } = spawnSync(command, args, { encoding: "utf8" });
	if (status === 0) return true;
	process.stderr.write(
		`left out: \`${[command, ...args].join(" ")}\` does not work here\n`,
	);
	return false;
}
