import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import { need } from "../core/places/capability.js";
import { locate } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { fieldNamed, resolveName } from "../core/values/names.js";
import * as schemas from "./schemas.js";
import { plural, say } from "./text.js";
import { defineTool } from "./tool.js";

export const updateFormTool = defineTool({
	name: "update_form",
	toolset: "forms",
	title: "Update a form",
	description:
		'Change a form\'s texts, sharing and questions; `after` names the field above ("" = first). describe_form shows the link.',
	input: z.object({
		table: schemas.table,
		form: z.string(),
		name: z.string().optional(),
		description: z.string().optional(),
		shared: z.boolean().optional(),
		share_with: z.enum(["invited", "organization", "anyone"]).optional(),
		submit_once: z.boolean().optional(),
		questions: z
			.array(
				z.object({
					field: z.string(),
					title: z.string().optional(),
					description: z.string().optional(),
					required: z.boolean().optional(),
					visible: z.boolean().optional(),
					after: z.string().optional(),
				}),
			)
			.optional(),
	}),
	output: z.looseObject({
		form: z.string(),
		failed: z.array(z.string()),
		notes: z.array(z.string()),
	}),
	hints: schemas.changeHints,
	needs: ["updateForm"],
	async run(
		{
			table,
			form: text,
			name,
			description,
			shared,
			share_with,
			submit_once,
			questions = [],
		},
		session,
		running,
	) {
		const located = await locate(session, table, running);
		const { item: view } = resolveName(located.table.views, text, "form view");
		const updateForm = need(located, "updateForm");
		const updateQuestion = need(located, "updateQuestion");
		const id = (field: string) => fieldNamed(located.table, field).item.id;
		const changes = questions.map(
			({ field, after, title, description: about, required, visible }) => ({
				field: id(field),
				...defined({ title, description: about, required, visible }),
				// Empty text stands for the first place.
				...defined({ after: after && id(after) }),
			}),
		);
		const change = defined({
			name,
			description,
			shared,
			shareWith: share_with,
			submitOnce: submit_once,
		});
		if (Object.keys(change).length + changes.length === 0)
			throw new TablesError("bad_argument", "nothing to change was named", {
				next: "Name a setting of the form or `questions`.",
			});
		if (Object.keys(change).length > 0)
			await updateForm(located.table, view.id, change, running.call);
		const failed: string[] = [];
		let done = 0;
		for (const question of changes)
			try {
				await updateQuestion(located.table, view.id, question, running.call);
				done++;
			} catch (error) {
				if (!(error instanceof TablesError)) throw error;
				failed.push(
					`question "${located.table.byId.get(question.field)?.name}": ${error.message}`,
				);
			}
		const form = await need(located, "readForm")(
			located.table,
			view.id,
			running.call,
		);
		return {
			...say(
				[
					`updated form "${form.name}" [${form.id}]: ${Object.keys(change).length > 0 ? `${Object.keys(change).join(", ")}; ` : ""}${plural(done, "question")}${form.url ? `; link: ${form.url}` : ""}`,
					...failed.map((reason) => `failed: ${reason}`),
				].join("\n"),
				{
					form: form.id,
					name: form.name,
					...defined({ url: form.url, shared: form.shared }),
					questions_updated: done,
					failed,
				},
				located.notes,
			),
			isError: failed.length > 0,
		};
	},
});
