import {
	type Call,
	isJson,
	type Json,
	optionalBoolean,
	optionalText,
	pageById,
	paged,
} from "./call.js";
import { Refusal } from "./codes.js";
import type { Form, Question, View } from "./model.js";
import { changed, viewAt } from "./store.js";

/** A form is a view of that type. @throws Refusal 1254042 */
function formOf(call: Call): { view: View; form: Form } {
	const view = viewAt(call.store, call.table, call.at.form_id ?? "");
	if (view.form === undefined) throw new Refusal(1254042);
	return { view, form: view.form };
}

function shownForm(view: View, form: Form): Json {
	return {
		form: {
			name: view.name,
			description: form.description,
			shared: form.shared,
			shared_url: form.sharedUrl,
			shared_limit: form.sharedLimit,
			submit_limit_once: form.submitLimitOnce,
		},
	};
}

export function getForm(call: Call): Json {
	const { view, form } = formOf(call);
	return shownForm(view, form);
}

const SHARED_LIMITS = ["off", "tenant_editable", "anyone_editable"] as const;

export function patchForm(call: Call): Json {
	const { body } = call;
	const { view, form } = formOf(call);
	const name = optionalText(body, "name");
	const description = optionalText(body, "description");
	const shared = optionalBoolean(body, "shared");
	const once = optionalBoolean(body, "submit_limit_once");
	const limit = optionalText(body, "shared_limit");
	const chosen = SHARED_LIMITS.find((each) => each === limit);
	if (limit !== undefined && chosen === undefined) throw new Refusal(1254001);
	if (chosen !== undefined && chosen !== "off" && !(shared ?? form.shared))
		throw new Refusal(1254001, "'shared_limit' goes with 'shared' only.");
	if (name !== undefined) {
		if (name.trim() === "") throw new Refusal(1254021);
		if (name.length > 100 || /[[\]]/.test(name)) throw new Refusal(1254022);
		for (const other of call.table.views.values())
			if (other !== view && other.name === name.trim())
				throw new Refusal(1254020);
		view.name = name.trim();
	}
	if (description !== undefined) form.description = description;
	if (shared !== undefined) form.shared = shared;
	if (chosen !== undefined) form.sharedLimit = chosen;
	if (!form.shared) form.sharedLimit = "off";
	if (once !== undefined) form.submitLimitOnce = once;
	changed(call.base, call.table);
	return shownForm(view, form);
}

export function upgradeForm(call: Call): Json {
	const { body } = call;
	const { view, form } = formOf(call);
	const name = optionalText(body, "form_name")?.trim() ?? "";
	if (name === "") throw new Refusal(1254124);
	if (name.length > 100 || /[[\]]/.test(name)) throw new Refusal(1254125);
	if (
		body.display_mode !== "traditional" &&
		body.display_mode !== "one_question_per_page"
	)
		throw new Refusal(1254126);
	for (const other of call.table.views.values())
		if (other !== view && other.name === name) throw new Refusal(1254127);
	if (form.upgraded) throw new Refusal(1254128);
	form.upgraded = true;
	view.name = name;
	changed(call.base, call.table);
	return { form: { id: view.id } };
}

export function listQuestions(call: Call): Json {
	const { form } = formOf(call);
	return paged(
		pageById(call, form.questions, (question) => question.fieldId, 20, 100),
		(question) => ({
			field_id: question.fieldId,
			title: question.title,
			description: question.description,
			required: question.required,
			visible: question.visible,
		}),
	);
}

export function patchQuestion(call: Call): Json {
	const { body } = call;
	const { form } = formOf(call);
	const question = form.questions.find(
		(each) => each.fieldId === call.at.field_id,
	);
	if (question === undefined) throw new Refusal(1254049);
	const visible = optionalBoolean(body, "visible");
	const required = optionalBoolean(body, "required");
	const title = optionalText(body, "title");
	const description = optionalText(body, "description");
	const before = optionalText(body, "pre_field_id");
	const others = [required, title, description, before, body.rich_description];
	if (visible === false && others.some((each) => each !== undefined))
		throw new Refusal(1254001, "Hiding a question forbids other changes.");
	if (before !== undefined) move(form, question, before);
	if (title !== undefined) question.title = title;
	if (description !== undefined) question.description = description;
	else if (body.rich_description !== undefined)
		question.description = richText(body.rich_description);
	if (required !== undefined) question.required = required;
	if (visible !== undefined) question.visible = visible;
	changed(call.base, call.table);
	const index = form.questions.indexOf(question);
	const shown = {
		pre_field_id: form.questions[index - 1]?.fieldId ?? "",
		title: question.title,
		description: question.description,
		required: question.required,
		visible: question.visible,
	};
	return { fields: shown, field: shown };
}

function richText(given: unknown): string {
	if (!Array.isArray(given)) throw new Refusal(1254001);
	return given
		.map((segment) => {
			if (!isJson(segment) || typeof segment.text !== "string")
				throw new Refusal(1254001);
			return segment.text;
		})
		.join("");
}

/** Puts a question behind another; an empty id is the start. @throws Refusal 1254049 */
function move(form: Form, question: Question, before: string): void {
	const rest = form.questions.filter((each) => each !== question);
	const index = rest.findIndex((each) => each.fieldId === before);
	if (before !== "" && index < 0) throw new Refusal(1254049);
	rest.splice(before === "" ? 0 : index + 1, 0, question);
	form.questions = rest;
}
