import { z } from "zod";
import {
	type Act,
	act,
	andSo,
	type Question,
	tablePlace,
} from "../core/contract/consent.js";
import { TablesError } from "../core/contract/errors.js";
import type { Field } from "../core/contract/field.js";
import type { Running } from "../core/contract/running.js";
import type { FieldSpec } from "../core/contract/schema.js";
import type { Session } from "../core/contract/session.js";
import { need } from "../core/places/capability.js";
import { type Located, locate, reload } from "../core/places/locate.js";
import { fieldNamed, nameList } from "../core/values/names.js";
import { changeField } from "../core/write/change-field.js";
import { filledCells } from "../core/write/count-in-time.js";
import { optionHolders } from "../core/write/option-holders.js";
import { lossByChange } from "../core/write/other-sides.js";
import {
	confirmStanding,
	fieldStanding,
	type Most,
	type Standing,
} from "../core/write/standing.js";
import { linkIn } from "./create-table.js";
import * as schemas from "./schemas.js";
import { fieldSpec } from "./settings.js";
import { tableWords } from "./table-call.js";
import { plural, sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const updateFieldTool = defineTool({
	name: "update_field",
	toolset: "schema",
	title: "Update a field",
	description:
		"Rename a field, change its type or settings, add, rename or remove options. What is not named stays. Asks before a type change and before options are removed.",
	input: z.object({
		table: schemas.table,
		field: z.string(),
		name: z.string().min(1).optional(),
		type: schemas.fieldType.optional(),
		settings: schemas.settings.optional(),
		...schemas.confirmOf("update_field"),
	}),
	output: z.looseObject({ field: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["updateField"],
	async run(
		{ table, field: text, name, type, settings, confirm },
		session,
		running,
	) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		need(located, "updateField");
		const { item: field, note } = fieldNamed(located.table, text);
		if (name === undefined && type === undefined && settings === undefined)
			throw new TablesError("bad_argument", "nothing to change was named", {
				next: "Name at least one of name, type, settings.",
			});
		if (field.type === "unknown")
			throw new TablesError(
				"unsupported",
				`"${field.name}" is of a type that this server does not know (${field.wireType}); it is read only`,
				{ next: "Change it in the vendor's app." },
			);
		if (type !== undefined && type !== field.type && removesOptions(settings))
			throw new TablesError(
				"bad_argument",
				`a type change and the removal of options of "${field.name}" are two questions, and two calls`,
				{ next: "Remove the options first, then change the type." },
			);
		const link = linkIn(
			session,
			located.connection.name,
			located.table.ref.base,
			running,
			{ name: located.table.name, id: located.table.ref.table },
		);
		const { spec, removed } = await fieldSpec(
			{ name: name ?? field.name, type: type ?? field.type, settings },
			field,
			link,
		);
		const change = { field, spec, removed };
		const changed = await weigh(session, located, change, running);
		const asked = questionOf(changed, confirm);
		let lost = changed;
		const consent =
			asked &&
			(await confirmStanding(running, asked, {
				what: `the field "${field.name}"`,
				seen: standingOf(changed),
				look: async () => {
					const now = await reload(session, located, running);
					const { item } = fieldNamed(now.table, field.id);
					const again = { ...change, field: item };
					lost = await weigh(session, now, again, running);
					return standingOf(lost);
				},
			}));
		const done = await changeField(
			session,
			located,
			{ tool: "update_field", field, spec, consent },
			running,
		);
		return sayDone(
			done,
			`updated field "${spec.name}" [${field.id}] of ${tableWords(located)}`,
			{ field: field.id, name: spec.name, type: spec.type },
			[
				...located.notes,
				...(note === undefined ? [] : [note]),
				...lost.links.notes,
				...clearedNotes(lost),
			],
		);
	},
});

function removesOptions(settings: unknown): boolean {
	const { remove_options: removed } = (settings ?? {}) as {
		readonly remove_options?: unknown;
	};
	return Array.isArray(removed) && removed.length > 0;
}

interface Changed {
	readonly located: Located;
	/** As it is. */
	readonly field: Field;
	/** As it is to be. */
	readonly spec: FieldSpec;
	/** Options that go. */
	readonly removed: readonly string[];
	/** Records that hold one of them. */
	readonly holders: Most;
	/** Records whose cell has something in it, where the type is to change. undefined: it does not. */
	readonly filled: Most | undefined;
	readonly links: Awaited<ReturnType<typeof lossByChange>>;
}

/** What a change would take away; one that would be refused is refused here. */
async function weigh(
	session: Session,
	located: Located,
	change: Pick<Changed, "field" | "spec" | "removed">,
	running: Running,
): Promise<Changed> {
	const { adapter, table } = located;
	const { field, spec } = change;
	await adapter.checkUpdateField?.(table, field, spec, running.call);
	const links = await lossByChange(session, located, change, running);
	const holders = await optionHolders(session, located, change, running);
	const filled =
		spec.type === field.type
			? undefined
			: await filledCells(session, located, field, running);
	return { located, ...change, holders, filled, links };
}

function standingOf(changed: Changed): Standing {
	const { located, field, holders, filled, links } = changed;
	return fieldStanding(located.table, field, links, filled ?? holders);
}

/** Longer lists of options are counted in what `confirm` must be: it is cut, and names the field behind them. */
const NAMES_CHARACTERS = 40;

/** A person is asked where cells may be lost; `confirm` says which of the changes is meant. */
function questionOf(
	{ located, field, spec, removed, holders, filled, links }: Changed,
	confirm: string | undefined,
): Question | undefined {
	const asked = {
		given: confirm,
		place: tablePlace(located),
		also: links.places,
		about: [field.id, spec.type, removed, links.about],
	};
	const { name } = located.table;
	if (spec.type !== field.type)
		return {
			...asked,
			kind: "change_type",
			expected: `to ${spec.type}: ${field.name}`,
			action: andSo(
				act`change ${field.name} of ${name} from ${field.type} to ${spec.type}`,
				cellsAtRisk(located, filled?.count),
				links.question,
			),
		};
	if (links.question !== undefined)
		return {
			...asked,
			kind: "change_type",
			expected: `other link: ${field.name}`,
			action: andSo(
				act`make ${field.name} of ${name} another link`,
				links.question,
			),
		};
	return removed.length === 0
		? undefined
		: {
				...asked,
				kind: "remove_options",
				...withoutOptions(removed, holders.count, {
					field: field.name,
					table: name,
				}),
			};
}

/** What a type change may do to the cells that are filled; undefined: their number is not known. */
function cellsAtRisk({ adapter }: Located, filled: number | undefined): Act {
	if (adapter.keepsCells)
		return filled === undefined
			? act`; every cell fits`
			: act` (${filled} filled, and every cell fits)`;
	return andSo(
		act`; cells that do not fit may be lost`,
		filled === undefined ? undefined : act` (${filled} filled)`,
	);
}

/** The question about options that go, and what `confirm` must be. */
function withoutOptions(
	removed: readonly string[],
	holders: number | undefined,
	{ field, table }: { readonly field: string; readonly table: string },
): { readonly expected: string; readonly action: Act } {
	const names = removed.join(", ");
	const without = `without ${names.length <= NAMES_CHARACTERS ? names : `${removed.length} options`}`;
	const options = { count: removed.length, noun: "option" };
	return {
		expected: `${without}: ${field}`,
		action: andSo(
			act`remove ${options} of ${field} of ${table} from every record: ${removed}`,
			lossOfOptions(holders),
		),
	};
}

function lossOfOptions(holders: number | undefined): Act {
	if (holders === undefined)
		return act` (how many records hold them was not counted in time); it cannot be undone`;
	return holders === 0
		? act` (no record holds them)`
		: act` (${{ count: holders, noun: "record" }} lose a value, for good)`;
}

/** What the removal of options took out of records, for the answer. */
function clearedNotes({ removed, holders, field }: Changed): readonly string[] {
	if (removed.length === 0) return [];
	const names = nameList(removed);
	const { count } = holders;
	return [
		count === 0
			? `removed ${names} from "${field.name}"; no record held ${removed.length === 1 ? "it" : "them"}`
			: `removed ${names} from "${field.name}" and from ${count === undefined ? "every record that held them; how many was not counted in time" : plural(count, "record")}: it cannot be undone, and which records held ${removed.length === 1 ? "it" : "them"} is not kept`,
	];
}
