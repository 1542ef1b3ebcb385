import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { connected } from "../../server/client.js";
import { NOON_MS, openOffice, REQUESTS_BUDGET_TOKENS } from "./office.js";
import { replay, tokensOf } from "./replay.js";

const REQUESTS = 32;

test("what people ask for that needs no SQL is answered, in as few tokens as it may take", async () => {
	const clock = virtualClock(NOON_MS);
	const { environment, dispatcher } = openOffice(clock);
	const { call, files } = await connected({ clock, environment, dispatcher });
	const spent = await replay({
		call,
		put: (file, content) => writeFileSync(join(files, file), content),
	});
	expect(spent).toHaveLength(REQUESTS);
	expect(spent.every(({ calls, answered }) => calls > 0 && answered > 0)).toBe(
		true,
	);
	expect(tokensOf(spent)).toBeLessThanOrEqual(REQUESTS_BUDGET_TOKENS);
});

test("a request whose answer does not hold what was asked for ends the replay, and says which", async () => {
	const clock = virtualClock(NOON_MS);
	const { environment, dispatcher } = openOffice(clock);
	const { call, files } = await connected({ clock, environment, dispatcher });
	const wrong = replay({
		async call(tool, args) {
			const answer = await call(tool, args);
			if (tool !== "query_records") return answer;
			const { rows } = answer.structured;
			return {
				...answer,
				structured: { ...answer.structured, rows: rows.slice(1) },
			};
		},
		put: (file, content) => writeFileSync(join(files, file), content),
	});
	await expect(wrong).rejects.toThrow(
		"not answered: orders that were shipped before they were ordered",
	);
});
