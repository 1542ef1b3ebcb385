import { expect, test } from "vitest";
import type { FaultPlan } from "../../fakes/fake.js";
import { openWorld } from "./world.js";

async function withForm() {
	const options: { fault?: FaultPlan } = {};
	const world = await openWorld(options);
	const made = await world.tool("create_view", {
		table: world.reference,
		name: "Ask",
		type: "form",
	});
	const form = String(made.structured.view);
	return { ...world, options, form };
}

test("a form that was renamed is found by its new name at once", async () => {
	const { tool, refused, reference, form } = await withForm();
	await tool("update_form", { table: reference, form: "Ask", name: "Tell us" });
	const told = await tool("describe_form", {
		table: reference,
		form: "Tell us",
	});
	expect(told.structured).toMatchObject({ form, name: "Tell us" });
	expect(
		await refused("describe_form", { table: reference, form: "Ask" }),
	).toMatchObject({ code: "not_found" });
});

test("a form renamed by a call whose question is refused is found by its new name", async () => {
	const { tool, reference, form, options } = await withForm();
	options.fault = ({ method, path }) =>
		method === "PATCH" && path.includes("/fields/")
			? { when: "before", response: NOT_ALLOWED }
			: undefined;
	const answer = await tool("update_form", {
		table: reference,
		form: "Ask",
		name: "Tell us",
		questions: [{ field: "Title", required: true }],
	});
	expect(answer.structured).toMatchObject({ name: "Tell us" });
	expect(answer.structured.failed).toHaveLength(1);
	const told = await tool("describe_form", {
		table: reference,
		form: "Tell us",
	});
	expect(told.structured).toMatchObject({ form });
});

test("a change of a form that cannot be read afterwards is told as done", async () => {
	const { tool, reference, form, options } = await withForm();
	options.fault = ({ method, path }) =>
		method === "GET" && path.endsWith(`/forms/${form}`)
			? { when: "before", response: NOT_ALLOWED }
			: undefined;
	const answer = await tool("update_form", {
		table: reference,
		form: "Ask",
		name: "Tell us",
	});
	expect(answer.isError).not.toBe(true);
	expect(answer.structured).toMatchObject({ form, name: "Tell us" });
	expect(answer.text).toContain('updated form "Tell us"');
	expect(answer.text).toContain("could not be read afterwards");
});

const NOT_ALLOWED = {
	status: 403,
	body: JSON.stringify({ code: 1254302, msg: "Permission denied." }),
};
