import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { callTool } from "../../conformance/session.js";
import { jsonResponse } from "../../fakes/fake.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { temporaryFolder } from "../../folder.js";
import { fusionSession } from "./fusion-session.js";

test("a datasheet whose answer was lost is listed at once", async () => {
	const clock = virtualClock();
	const fake = createFusionFake({
		clock,
		fault: ({ method, path }) =>
			method === "POST" && path.endsWith("/datasheets")
				? {
						when: "after",
						response: jsonResponse(500, {
							success: false,
							code: 500,
							message: "SERVER_ERROR",
						}),
					}
				: undefined,
	});
	fake.addTable({
		name: "Old",
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	const { session } = fusionSession({
		fake,
		token: fake.token,
		clock,
		folder: temporaryFolder(),
		zone: "Etc/UTC",
	});
	const listed = async () => (await callTool(session, "list_tables", {})).text;
	expect(await listed()).not.toContain("Fresh");
	await expect(
		callTool(session, "create_table", {
			base: `fusion:${fake.spaceId}`,
			name: "Fresh",
			fields: [{ name: "Title", type: "text" }],
		}),
	).rejects.toThrow();
	expect(await listed()).toContain("Fresh");
});
