import { z } from "zod";
import type { FormInfo } from "../core/contract/forms.js";
import { need } from "../core/places/capability.js";
import { locate } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { resolveName } from "../core/values/names.js";
import { oneLine } from "../core/values/one-line.js";
import * as schemas from "./schemas.js";
import { csvBlock, noteLines } from "./text.js";
import { defineTool } from "./tool.js";

export const describeFormTool = defineTool({
	name: "describe_form",
	toolset: "forms",
	title: "Describe a form",
	description:
		"A form's settings, link and questions. `form` is the form view's id or name.",
	input: z.object({ table: schemas.table, form: z.string() }),
	output: z.looseObject({
		form: z.string(),
		questions: z.array(z.unknown()),
		notes: z.array(z.string()),
	}),
	hints: schemas.readHints,
	needs: ["readForm"],
	async run({ table, form: text }, session, running) {
		const located = await locate(session, table, running);
		const { item: view, note } = resolveName(
			located.table.views,
			text,
			"form view",
		);
		const form = await need(located, "readForm")(
			located.table,
			view.id,
			running.call,
		);
		const name = (id: string) => located.table.byId.get(id)?.name ?? id;
		const questions = form.questions
			.filter(({ field }) => located.table.byId.has(field))
			.map((question) => ({ ...question, field: name(question.field) }));
		const facts = formFacts(form);
		const notes = [...located.notes, ...(note === undefined ? [] : [note])];
		return {
			text: [
				oneLine(JSON.stringify(facts)),
				questionLines(questions),
				...noteLines(notes),
			].join("\n"),
			structured: { ...facts, questions, notes },
		};
	},
});

function formFacts(form: FormInfo) {
	return {
		form: form.id,
		name: form.name,
		...defined({
			description: form.description,
			shared: form.shared,
			url: form.url,
			share_with: form.shareWith,
			submit_once: form.submitOnce,
		}),
	};
}

function questionLines(questions: FormInfo["questions"]): string {
	return csvBlock(
		["field", "title", "description", "required", "visible"],
		questions.map(({ field, title, description, required, visible }) => [
			field,
			title,
			description,
			required,
			visible,
		]),
	);
}
