import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";

/** A new folder that goes when the tests of the file, or of the `describe` around it, have ended. */
export function folderOfTests(): string {
	const folder = mkdtempSync(join(tmpdir(), "tables-mcp-"));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** A new folder that goes when the test ends. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "tables-mcp-"));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** What the server over this data folder has written so far is as if it were there from before: nothing is one's own, or can be undone. */
export function forgetWrites(folder: string): void {
	const journal = join(folder, "journal");
	for (const name of readdirSync(journal))
		if (name.endsWith(".jsonl")) rmSync(join(journal, name));
}
