import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import type {
	ContactInfo,
	ContactMethods,
} from "../../core/contract/contacts.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Person } from "../../core/contract/field.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";

import { at } from "./records.js";
/**
 * People and teams by name. A column lists those that it ever held, by the id of its cells; the contacts, where the
 * plan opens them, everyone else, by another id. The same name on both sides is one person only if each has it once.
 */
export function peopleMethods(
	api: Api,
	contacts: ContactMethods,
): Required<Pick<Adapter, "findPeople">> {
	let closedUntilMs = 0;
	const members = async (context: CallContext) => {
		const found: ContactInfo[] = [];
		let cursor: string | undefined;
		do {
			const page = await contacts.readContacts(
				{ kind: "member" },
				cursor,
				context,
			);
			found.push(...page.items);
			cursor = page.next;
		} while (cursor !== undefined);
		return found;
	};
	return {
		async findPeople(table, field, texts, context) {
			// Makers and editors are users, which have other ids than the units of other columns: the column lists them.
			if (field.type === "created_by" || field.type === "updated_by")
				return [...listedIn([loose(field.wire)]).values()];
			const known = usedPeople(table.fields.map(({ wire }) => loose(wire)));
			if (texts.every((id) => known.has(id))) return [...known.values()];
			// Whoever was written since the fields were read has the id of a cell by now.
			const { fields } = await api.call(
				calls.listFields,
				at(table.ref),
				context,
			);
			const used = usedPeople(list(fields));
			const listed =
				api.services.clock.now() < closedUntilMs
					? []
					: await members(context).catch((error: unknown) => {
							if (!(error instanceof TablesError) || !CLOSED.has(error.code))
								throw error;
							closedUntilMs = api.services.clock.now() + STAYS_CLOSED_MS;
							return [];
						});
			const once = (names: readonly (string | null)[], name: string | null) =>
				names.filter((other) => other === name).length === 1;
			const usedNames = [...used.values()].map(({ name }) => name);
			const listedNames = listed.map(({ name }) => name);
			const same = (name: string | null) =>
				name !== null && once(usedNames, name) && once(listedNames, name);
			const emails = new Map(listed.map(({ name, email }) => [name, email]));
			return [
				...[...used.values()].map((person) => {
					const email = same(person.name) ? emails.get(person.name) : undefined;
					return email === undefined ? person : { ...person, email };
				}),
				...listed
					.filter(({ name }) => !same(name))
					.map(({ id, name, email }) => ({
						id: id.split("/").at(-1) as string,
						name,
						...defined({ email }),
					})),
			];
		},
	};
}

/** Everyone whom a column ever held, by the id of its cells. */
function usedPeople(fields: readonly Loose[]): Map<string, Person> {
	return listedIn(fields.filter(({ type }) => type === "Member"));
}

function listedIn(fields: readonly Loose[]): Map<string, Person> {
	return new Map(
		fields
			.flatMap(({ property }) => list(loose(property).options))
			.flatMap((option): [string, Person][] => {
				const id = text(option.id);
				return id === undefined
					? []
					: [[id, { id, name: text(option.name) ?? null }]];
			}),
	);
}

/** Contacts that a plan keeps closed are not asked for again for so long. */
const STAYS_CLOSED_MS = 300_000;

/** Codes of an account or plan to which the contacts are not open. */
const CLOSED: ReadonlySet<string> = new Set([
	"unsupported",
	"not_allowed",
	"not_found",
]);
