import { z } from "zod";
import { act, type Consent, tablePlace } from "../core/contract/consent.js";
import { TablesError } from "../core/contract/errors.js";
import type { FormInfo } from "../core/contract/forms.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import type { Table, View } from "../core/contract/table.js";
import { attempt, tryEach } from "../core/delivery/attempt.js";
import { need } from "../core/places/capability.js";
import { type Located, locate, reload } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { fieldNamed, resolveName } from "../core/values/names.js";
import { carryOut, outcomeOf } from "../core/write/carry-out.js";
import { confirmStanding, type Standing } from "../core/write/standing.js";
import * as schemas from "./schemas.js";
import { argumentNames, plural, sayDone } from "./text.js";
import { defineTool } from "./tool.js";

const input = z.object({
	table: schemas.table,
	form: z.string(),
	name: z.string().optional(),
	description: schemas.textOrEmpty.optional(),
	shared: z.boolean().optional(),
	share_with: z.enum(["invited", "organization", "anyone"]).optional(),
	submit_once: z.boolean().optional(),
	questions: z
		.array(
			z.object({
				field: z.string(),
				title: z.string().optional(),
				description: schemas.textOrEmpty.optional(),
				required: z.boolean().optional(),
				visible: z.boolean().optional(),
				after: schemas.textOrEmpty.optional(),
			}),
		)
		.optional(),
	...schemas.confirmOf("update_form"),
});

export const updateFormTool = defineTool({
	name: "update_form",
	toolset: "forms",
	title: "Update a form",
	description:
		'Change a form\'s texts, sharing and questions; `after` names the field above ("" = first). Asks before fewer people can open it.',
	input,
	output: z.looseObject({
		form: z.string(),
		failed: z.array(z.string()),
		notes: z.array(z.string()),
	}),
	hints: schemas.changeHints,
	needs: ["updateForm"],
	async run(input, session, running) {
		const located = await locate(session, input.table, running, {
			maxAgeMs: 0,
		});
		const { item: view } = resolveName(
			located.table.views,
			input.form,
			"form view",
		);
		const updateForm = need(located, "updateForm");
		need(located, "updateQuestion");
		const questions = (input.questions ?? []).map((question) =>
			questionChange(located.table, question),
		);
		const change = formChange(input);
		const settings = argumentNames(change);
		if (settings.length + questions.length === 0)
			throw new TablesError("bad_argument", "nothing to change was named", {
				next: "Name a setting of the form or `questions`.",
			});
		const consent = await agreeToSharing(
			session,
			located,
			view,
			input,
			running,
		);
		const carried = await carryOut(
			session,
			{
				tool: "update_form",
				place: located,
				deed: { kind: "update_form", name: view.name, id: view.id },
				consent,
			},
			async () => {
				if (settings.length > 0)
					await updateForm(located.table, view.id, change, running.call);
				const failed = await updateQuestions(located, view, questions, running);
				const count = settings.length + questions.length - failed.length;
				return { value: failed, outcome: outcomeOf(count, failed.length) };
			},
		);
		const failed = carried.value;
		const { form, notes } = await readBack(
			located,
			{ id: view.id, name: change.name ?? view.name },
			running,
		);
		const done = questions.length - failed.length;
		return {
			...sayDone(
				carried,
				[
					`updated form "${form.name}" [${form.id}]: ${settings.length > 0 ? `${settings.join(", ")}; ` : ""}${plural(done, "question")}${form.url ? `; link: ${form.url}` : ""}`,
					...failed.map((reason) => `failed: ${reason}`),
				],
				{
					form: form.id,
					name: form.name,
					...defined({ url: form.url, shared: form.shared }),
					questions_updated: done,
					failed,
				},
				[...located.notes, ...notes],
			),
			isError: failed.length > 0,
		};
	},
});

/** The form as it is now; where it cannot be read, what was changed stays told. */
async function readBack(
	located: Located,
	known: Pick<View, "id" | "name">,
	{ call }: Running,
): Promise<{
	readonly form: Pick<FormInfo, "id" | "name" | "url" | "shared">;
	readonly notes: readonly string[];
}> {
	const read = need(located, "readForm");
	const seen = await attempt(() => read(located.table, known.id, call));
	if ("value" in seen) return { form: seen.value, notes: [] };
	if (!(seen.error instanceof TablesError)) throw seen.error;
	return {
		form: known,
		notes: [
			`the form could not be read afterwards, so its link and sharing are not told: ${seen.error.message}`,
		],
	};
}

const REACH = ["invited", "organization", "anyone"] as const;

/** Fewer people would be able to open the form: who could till now is read first. */
async function agreeToSharing(
	session: Session,
	located: Located,
	view: View,
	{ shared, share_with: shareWith, confirm }: FormArguments,
	running: Running,
): Promise<Consent | undefined> {
	const narrower = shareWith !== undefined && shareWith !== "anyone";
	if (shared !== false && !narrower) return undefined;
	const { table } = located;
	const readForm = need(located, "readForm");
	const form = await readForm(table, view.id, running.call);
	if (form.shared === false) return undefined;
	const reach = REACH.indexOf(form.shareWith ?? "anyone");
	if (shared !== false && shareWith && REACH.indexOf(shareWith) >= reach)
		return undefined;
	const standing = (at: Located, now: FormInfo): Standing => ({
		same: {
			table: at.table.name,
			name: now.name,
			sharing: [now.shared, now.shareWith],
		},
	});
	const question = {
		kind: "stop_sharing",
		action:
			shared === false
				? act`stop sharing the form ${form.name} of ${table.name}`
				: act`share the form ${form.name} of ${table.name} with fewer people: ${shareWith ?? ""}`,
		expected: form.name,
		given: confirm,
		place: tablePlace(located),
		about: [view.id, shared, shareWith],
	} as const;
	return confirmStanding(running, question, {
		what: `the form "${form.name}"`,
		seen: standing(located, form),
		async look() {
			const now = await reload(session, located, running);
			return standing(now, await readForm(now.table, view.id, running.call));
		},
	});
}

type FormArguments = z.output<typeof input>;
type QuestionArguments = NonNullable<FormArguments["questions"]>[number];

function formChange(given: FormArguments) {
	return defined({
		name: given.name,
		description: given.description,
		shared: given.shared,
		shareWith: given.share_with,
		submitOnce: given.submit_once,
	});
}

function questionChange(
	table: Table,
	{ field, after, title, description, required, visible }: QuestionArguments,
) {
	const id = (name: string) => fieldNamed(table, name).item.id;
	return {
		field: id(field),
		...defined({
			title,
			description,
			required,
			visible,
			// Empty text stands for the first place.
			after: after && id(after),
		}),
	};
}

/** One after the other; answers what failed, one line each. */
async function updateQuestions(
	located: Located,
	view: View,
	questions: readonly ReturnType<typeof questionChange>[],
	{ call }: Running,
): Promise<readonly string[]> {
	const { table } = located;
	const update = need(located, "updateQuestion");
	const { failed } = await tryEach(questions, (question) =>
		update(table, view.id, question, call),
	);
	return failed.map(
		({ item: { field }, error }) =>
			`question "${table.byId.get(field)?.name}": ${error.message}`,
	);
}
