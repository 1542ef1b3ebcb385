import { z } from "zod";
import type { CallContext } from "../core/contract/call-context.js";
import { TablesError } from "../core/contract/errors.js";
import type { Field } from "../core/contract/field.js";
import type { Session } from "../core/contract/session.js";
import type { FilterInput, Table, View } from "../core/contract/table.js";
import { type Listed, listNodes } from "../core/places/listing.js";
import { type Located, locate, openView } from "../core/places/locate.js";
import { formatReference } from "../core/places/reference.js";
import { JUST_READ_MS } from "../core/places/schema-cache.js";
import { defined } from "../core/values/defined.js";
import { fieldNamed } from "../core/values/names.js";
import { foldName } from "../core/values/near-names.js";
import { oneLine } from "../core/values/one-line.js";
import { whyReadOnly } from "../core/values/validate.js";
import { zone } from "../core/values/zone.js";
import { recordJsonSchema } from "./record-schema.js";
import * as schemas from "./schemas.js";
import { optionsTotal, showSettings } from "./settings.js";
import { tableWords } from "./table-call.js";
import { filledBlock, noteLines, plural } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";

export const describeFieldsTool = defineTool({
	name: "describe_fields",
	toolset: "records",
	title: "Describe fields and views",
	description:
		"Fields of a table (name, type, options, links, what is read-only), its views and its time zone. Call it before writing or filtering. `view` shows that view's filter, sort and hidden fields.",
	input: z.object({
		table: schemas.tableExplained,
		fields: schemas.fieldNames
			.optional()
			.describe("Only these, with all their options"),
		view: z.string().optional(),
		json_schema: z
			.boolean()
			.optional()
			.describe("Add a JSON Schema of a record"),
	}),
	output: z.looseObject({
		table: z.string(),
		fields: z.array(z.unknown()),
		views: z.array(z.unknown()),
		notes: z.array(z.string()),
	}),
	hints: schemas.readHints,
	async run(
		{ table: text, fields: names, view: viewText, json_schema },
		session,
		running,
	) {
		// What a refusal sends an agent to must be what is there now.
		const located = await locate(session, text, running, {
			maxAgeMs: JUST_READ_MS,
		});
		const { table } = located;
		const notes = [...located.notes];
		const chosen =
			names?.map((name) => pick(table, name, notes)) ?? table.fields;
		const links = await linkNames(session, located, chosen, running.call);
		const fields = chosen.map((field) =>
			describeField(field, {
				all: names !== undefined,
				link: links.get(field.settings.linkTable ?? ""),
				readOnly: whyReadOnly(field, located.adapter.codecs),
			}),
		);
		notes.push(...cutNotes(fields));
		const view = await chosenView(located, viewText, running.call);
		return answer(
			located,
			{
				fields,
				ids: names !== undefined || lookAlike(table),
				view: view && describeView(view, table),
				schema: json_schema ? recordJsonSchema(table) : undefined,
				notes,
			},
			zone(table.zone).day(session.clock.now()),
		);
	},
});

interface Described {
	readonly fields: readonly DescribedField[];
	/** Does the text tell their ids? */
	readonly ids: boolean;
	readonly view: Readonly<Record<string, unknown>> | undefined;
	readonly schema: Readonly<Record<string, unknown>> | undefined;
	readonly notes: readonly string[];
}

type DescribedField = ReturnType<typeof describeField>;

function answer(
	located: Located,
	described: Described,
	today: string,
): ToolAnswer {
	const { table, reference } = located;
	const { systemColumns } = located.adapter;
	const { fields, view, schema, notes } = described;
	return {
		text: [
			oneLine(
				[
					fields.length < table.fields.length
						? `${tableWords(located)}, ${fields.length} of ${plural(table.fields.length, "field")}`
						: tableWords(located),
					`days in ${table.zone}, today is ${today}`,
					...(table.access ? [`access: ${table.access}`] : []),
					...(table.url ? [table.url] : []),
				].join("; "),
			),
			fieldLines(described),
			...(systemColumns.length > 0
				? [`also: ${systemColumns.join(", ")}`]
				: []),
			...viewLines(table.views),
			...(view
				? [oneLine(`view "${view.name}": ${JSON.stringify(view)}`)]
				: []),
			...(schema ? [`json_schema: ${JSON.stringify(schema)}`] : []),
			...noteLines(notes),
		].join("\n"),
		structured: {
			table: reference,
			name: table.name,
			time_zone: table.zone,
			today,
			...defined({ url: table.url, access: table.access }),
			fields,
			system_columns: systemColumns,
			views: table.views.map(({ id, name, type }) => ({ id, name, type })),
			...defined({ view, json_schema: schema }),
			notes,
		},
	};
}

/** Are there fields that a name might not tell apart? */
function lookAlike({ fields }: Table): boolean {
	return new Set(fields.map(({ name }) => foldName(name))).size < fields.length;
}

/** Ids take room in the text of every table, and a name is enough for a call. */
function fieldLines({ fields, ids }: Described): string {
	return filledBlock(
		["name", "id", "type", "settings", "read_only", "description"],
		fields.map((field) => [
			field.primary ? `${field.name} (primary)` : field.name,
			ids ? field.id : null,
			[field.type, field.computes ?? field.links_to]
				.filter((part) => part !== undefined)
				.join(" -> "),
			settingsCell(field.settings),
			field.read_only,
			field.description,
		]),
	);
}

/** A format says whether it shows the time: only that it does is told once more. */
function settingsCell(settings: DescribedField["settings"]): unknown {
	const { shows_time: shows, ...others } = settings;
	const told = shows === false && settings.format ? others : settings;
	return Object.keys(told).length === 0 ? null : told;
}

function viewLines(views: readonly View[]): string[] {
	const named = views.map(({ name, id, type }) => `${name} [${id}] ${type}`);
	return named.length > 0 ? [oneLine(`views: ${named.join("; ")}`)] : [];
}

function cutNotes(fields: readonly DescribedField[]): string[] {
	const cut = fields.filter((field) => field.options_total !== undefined);
	return cut.length === 0
		? []
		: [
				`options are cut at 50: name the field in \`fields\` to see all of ${cut.map(({ name, options_total: total }) => `${name} (${total})`).join(", ")}`,
			];
}

function pick(table: Table, name: string, notes: string[]): Field {
	const { item, note } = fieldNamed(table, name);
	if (note !== undefined) notes.push(note);
	return item;
}

function computedType({ type, list }: NonNullable<Field["value"]>): string {
	return list ? `list of ${type}` : type;
}

/** Where a link goes, for people and for a call. */
interface LinkName {
	readonly name: string | undefined;
	readonly reference: string;
}

/** The linked tables by id. The base is listed for their names; where that fails, they go by reference alone. */
async function linkNames(
	session: Session,
	{ connection, table: { ref, name } }: Located,
	fields: readonly Field[],
	call: CallContext,
): Promise<ReadonlyMap<string, LinkName>> {
	const ids = new Set(
		fields.flatMap(({ settings: { linkTable } }) => linkTable ?? []),
	);
	const names = new Map([[ref.table, name]]);
	if ([...ids].some((id) => !names.has(id)))
		for (const node of await tablesOf(session, connection.name, ref.base, call))
			names.set(node.id, node.name);
	return new Map(
		[...ids].map((id) => [
			id,
			{
				name: names.get(id),
				reference: formatReference({
					connection: connection.name,
					base: ref.base,
					table: id,
				}),
			},
		]),
	);
}

async function tablesOf(
	session: Session,
	connection: string,
	base: string,
	call: CallContext,
): Promise<readonly Listed[]> {
	try {
		const query = { connection, base, kinds: ["table"] as const };
		return (await listNodes(session, call, query)).nodes;
	} catch (error) {
		if (!(error instanceof TablesError) || call.signal?.aborted) throw error;
		return [];
	}
}

function describeField(
	field: Field,
	{
		all,
		link,
		readOnly,
	}: {
		readonly all: boolean;
		readonly link: LinkName | undefined;
		readonly readOnly: string | undefined;
	},
) {
	return {
		name: field.name,
		id: field.id,
		type: field.type,
		...(field.primary ? { primary: true } : {}),
		...defined({ computes: field.value && computedType(field.value) }),
		...defined({ links_to: link?.name }),
		settings: showSettings(field, { all, linkTable: link?.reference }),
		...defined({ options_total: optionsTotal(field, { all }) }),
		...defined({ read_only: readOnly, description: field.description }),
	};
}

async function chosenView(
	located: Located,
	text: string | undefined,
	call: CallContext,
): Promise<View | undefined> {
	return text === undefined ? located.view : openView(located, text, call);
}

const NOT_REPORTED = "not reported by this vendor";

/** A view's definition with names in place of field ids. */
function describeView(view: View, table: Table): Record<string, unknown> {
	const name = (id: string) => table.byId.get(id)?.name ?? id;
	return {
		id: view.id,
		name: view.name,
		type: view.type,
		...defined({ url: view.url, closed: view.closed && closedWords(view) }),
		filter:
			view.filter === undefined
				? NOT_REPORTED
				: view.filter && namedFilter(view.filter, name),
		sort:
			view.sort === undefined
				? NOT_REPORTED
				: (view.sort?.map((key) => ({ ...key, field: name(key.field) })) ??
					null),
		hidden_fields: view.hiddenFields?.map(name) ?? [],
		...(view.treeBy ? { tree_by: name(view.treeBy) } : {}),
	};
}

/** What of its filter and order may be shown is not all there is: its rows cannot be told from it. */
function closedWords({ closed }: View): string {
	return `no rows can be read through this view: ${closed}; its filter and order are shown without that part. Read the table without \`view\`, with a filter of your own`;
}

function namedFilter(
	filter: FilterInput,
	name: (id: string) => string,
): FilterInput {
	const named = (conditions: FilterInput["conditions"]) =>
		conditions.map((condition) => ({
			...condition,
			field: name(condition.field),
			...defined({
				other_field: condition.other_field && name(condition.other_field),
			}),
		}));
	return {
		match: filter.match,
		conditions: named(filter.conditions),
		...(filter.groups?.length
			? {
					groups: filter.groups.map((group) => ({
						...group,
						conditions: named(group.conditions),
					})),
				}
			: {}),
	};
}
