import type { AutomationMethods } from "../../core/contract/automations.js";
import type { DashboardMethods } from "../../core/contract/dashboards.js";
import { TablesError } from "../../core/contract/errors.js";
import type { FormInfo, FormMethods } from "../../core/contract/forms.js";
import { allPages } from "../../core/contract/pages.js";
import type { TableRef } from "../../core/contract/table.js";
import { list, loose, text } from "../kit/cloud.js";
import { type Api, listPage } from "./api.js";
import { LIST_PAGE, readDashboards } from "./bases.js";
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
					listPage(
						api,
						calls.listQuestions,
						atForm(ref, form),
						cursor,
						context,
						{ size: LIST_PAGE },
					),
				),
			]);
			const wire = loose(data.form);
			const description = text(wire.description);
			const url = text(wire.shared_url);
			const shareWith = LIMITS.get(text(wire.shared_limit) ?? "");
			return {
				id: form,
				name: text(wire.name) ?? "",
				...(description === undefined ? {} : { description }),
				...(typeof wire.shared === "boolean" ? { shared: wire.shared } : {}),
				...(url === undefined ? {} : { url }),
				...(shareWith === undefined ? {} : { shareWith }),
				...(typeof wire.submit_limit_once === "boolean"
					? { submitOnce: wire.submit_limit_once }
					: {}),
				questions: questions.map((question) => {
					const about = text(question.description);
					return {
						field: text(question.field_id) ?? "",
						title: text(question.title) ?? "",
						...(about === undefined ? {} : { description: about }),
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
						...(name === undefined ? {} : { name }),
						...(description === undefined ? {} : { description }),
						...(shared === undefined ? {} : { shared }),
						...(shareWith === undefined
							? {}
							: { shared_limit: SHARED_WITH[shareWith] }),
						...(submitOnce === undefined
							? {}
							: { submit_limit_once: submitOnce }),
					},
				},
				context,
			);
		},
		async updateQuestion({ ref }, form, change, context) {
			const { field, after, title, description, required, visible } = change;
			const about = {
				...(after === undefined ? {} : { pre_field_id: after }),
				...(title === undefined ? {} : { title }),
				...(description === undefined ? {} : { description }),
				...(required === undefined ? {} : { required }),
			};
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
			} else
				await send({ ...about, ...(visible === undefined ? {} : { visible }) });
		},
	};
}

export function dashboardMethods(api: Api): DashboardMethods {
	return {
		readDashboards: (base, cursor, context) =>
			readDashboards(api, base, cursor, context),
		async copyDashboard(base, dashboard, name, context) {
			const data = await api.call(
				calls.copyDashboard,
				{ params: { base, dashboard }, base, json: { name } },
				context,
			);
			return { id: text(data.block_id) ?? "", name: text(data.name) ?? name };
		},
	};
}

/** Automations of the base; those inside blocks (dashboards, pages) are another list of the same shape. */
export function automationMethods(api: Api): AutomationMethods {
	return {
		async readAutomations(base, _cursor, context) {
			const place = { params: { base }, base };
			const [own, inBlocks] = await Promise.all([
				api.call(calls.listWorkflows, place, context),
				api.call(calls.listBlockWorkflows, place, context),
			]);
			const seen = new Set<string>();
			return {
				items: [...list(own.workflows), ...list(inBlocks.workflows)].flatMap(
					(wire) => {
						const id = text(wire.workflow_id) ?? "";
						if (seen.has(id)) return [];
						seen.add(id);
						return [
							{
								id,
								name: text(wire.title) ?? "",
								enabled: wire.status === "Enable",
							},
						];
					},
				),
			};
		},
		async switchAutomation(base, workflow, enabled, context) {
			await api.call(
				calls.switchWorkflow,
				{
					params: { base, workflow },
					base,
					json: { status: enabled ? "Enable" : "Disable" },
				},
				context,
			);
		},
	};
}
