import { TablesError } from "../../core/contract/errors.js";
import type { FormInfo, FormMethods } from "../../core/contract/forms.js";
import { allPages } from "../../core/contract/pages.js";
import type { TableRef } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { flag, loose, text } from "../kit/answer.js";
import { type Api, LIST_PAGE, listPage } from "./api.js";
import * as calls from "./calls.js";
import { at } from "./records.js";

const SHARED_WITH = {
	invited: "off",
	organization: "tenant_editable",
	anyone: "anyone_editable",
} as const satisfies Record<NonNullable<FormInfo["shareWith"]>, string>;

const LIMITS = new Map(
	Object.entries(SHARED_WITH).map(([ours, theirs]) => [
		theirs as string,
		ours as NonNullable<FormInfo["shareWith"]>,
	]),
);

const atForm = (ref: TableRef, form: string) => {
	const { params, ...rest } = at(ref);
	return { ...rest, params: { ...params, form } };
};

/** A form is a view of type form; its id is the view's. */
export function formMethods(api: Api): FormMethods {
	return {
		async readForm({ ref }, form, context) {
			const [data, questions] = await Promise.all([
				api.call(calls.readForm, atForm(ref, form), context),
				allPages((cursor) =>
					listPage(api, calls.listQuestions, atForm(ref, form), context, {
						cursor,
						size: LIST_PAGE,
					}),
				),
			]);
			const wire = loose(data.form);
			const description = text(wire.description);
			const url = text(wire.shared_url);
			const shareWith = LIMITS.get(text(wire.shared_limit) ?? "");
			return {
				id: form,
				name: text(wire.name) ?? "",
				...defined({ description }),
				...defined({ shared: flag(wire.shared) }),
				...defined({ url, shareWith }),
				...defined({ submitOnce: flag(wire.submit_limit_once) }),
				questions: questions.map((question) => {
					const about = text(question.description);
					return {
						field: text(question.field_id) ?? "",
						title: text(question.title) ?? "",
						...defined({ description: about }),
						required: question.required === true,
						visible: question.visible !== false,
					};
				}),
			};
		},
		async updateForm({ ref }, form, change, context) {
			const { name, description, shareWith, submitOnce } = change;
			// Whom it is open to can be said of a shared form only.
			const shared =
				change.shared ?? (shareWith === undefined ? undefined : true);
			if (shareWith !== undefined && shared === false)
				throw new TablesError(
					"bad_argument",
					"a form that is not shared is open to nobody: `shared: false` and `share_with` exclude each other",
					{ next: "Pass one of them." },
				);
			await api.call(
				calls.updateForm,
				{
					...atForm(ref, form),
					json: {
						...defined({
							name,
							description,
							shared,
							shared_limit: shareWith && SHARED_WITH[shareWith],
							submit_limit_once: submitOnce,
						}),
					},
				},
				context,
			);
		},
		async updateQuestion({ ref }, form, change, context) {
			const { field, after, title, description, required, visible } = change;
			const about = defined({
				pre_field_id: after,
				title,
				description,
				required,
			});
			const { params, ...rest } = atForm(ref, form);
			const send = (json: object) =>
				api.call(
					calls.updateQuestion,
					{ ...rest, params: { ...params, field }, json },
					context,
				);
			// A question that is hidden takes no other change in the same call.
			if (visible === false) {
				if (Object.keys(about).length > 0) await send(about);
				await send({ visible });
			} else await send({ ...about, ...defined({ visible }) });
		},
	};
}
