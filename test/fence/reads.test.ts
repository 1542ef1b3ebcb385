import { expect, test } from "vitest";
import { openWorld, SITES } from "./world.js";

/* What the fence reads for its rules, the call reads no second time where cells go by id and names need no second look. */

test.each(SITES.filter(({ id }) => id === "fusion"))(
	"under a hidden field a call on $id reads nothing twice",
	async (vendor) => {
		const world = await openWorld(vendor);
		const { staff, vault } = world.tables;
		const agent = await world.connect({
			hidden_fields: [`${staff.name}/${staff.fields.Pay?.name}`],
		});
		const reads = async (tool: string, args: object) => {
			world.later();
			world.listen();
			const answer = await agent.call(tool, {
				table: staff.reference,
				...args,
			});
			expect(answer.isError, answer.text).toBe(false);
			return world
				.sent()
				.filter(({ request }) => request.method === "GET")
				.map(({ request }) => `${request.path}?${request.query}`);
		};
		const record = {
			fields: {
				[String(staff.fields.Name?.name)]: "New",
				[String(staff.fields.Keys?.name)]: [`c0 ${vault.fields.Code?.mark}`],
			},
		};
		for (const sent of [
			await reads("query_records", {}),
			await reads("create_records", { records: [record] }),
		]) {
			expect(sent.some((url) => url.includes(`/${vault.id}/fields?`))).toBe(
				true,
			);
			expect(sent).toEqual([...new Set(sent)]);
		}
	},
);
