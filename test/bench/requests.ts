import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vendors } from "../../src/vendors/index.js";
import { virtualClock } from "../clock.js";
import {
	NOON_MS,
	openOffice,
	REQUESTS_BUDGET_TOKENS,
} from "../requests/office/office.js";
import { replay, type Spent, tokensOf } from "../requests/office/replay.js";
import { openInProcess } from "./in-process.js";
import type { Measurement } from "./measurement.js";

/**
 * Tokens (bytes / 4) of the arguments and answers of an office's requests that need no SQL, beside the same with the
 * structured answers in place of the text. A request that is not answered as it should be ends the bench.
 */
export async function measureRequests(): Promise<readonly Measurement[]> {
	const folder = await mkdtemp(join(tmpdir(), "tables-mcp-bench-"));
	const files = join(folder, "files");
	await mkdir(files);
	const clock = virtualClock(NOON_MS);
	const { environment, dispatcher } = openOffice(clock);
	const server = await openInProcess({
		vendors,
		folder,
		clock,
		environment,
		dispatcher: async () => dispatcher,
	});
	try {
		const spent = await replay({
			async call(tool, args) {
				const answer = await server.call(tool, args);
				return {
					text: answer.content[0]?.text ?? "",
					structured: answer.structuredContent,
					isError: answer.isError === true,
				};
			},
			put: (file, content) => writeFileSync(join(files, file), content),
		});
		const sum = (of: (one: Spent) => number) =>
			spent.reduce((total, one) => total + of(one), 0);
		return [
			{
				what: `${spent.length} requests without SQL, ${sum(({ calls }) => calls)} calls`,
				unit: "tokens",
				measured: tokensOf(spent),
				reference: sum(({ asked, structured }) => asked + structured),
				against: "with the structured answers",
				budget: REQUESTS_BUDGET_TOKENS,
			},
		];
	} finally {
		await server.close();
		await rm(folder, { recursive: true, force: true });
	}
}
