import type { Action, Deed, FieldState } from "../contract/actions.js";

/** What an action did, in words; `name` says how names may be shown. */
export function describeDeed(
	deed: Deed,
	name: (name: string) => string,
): string {
	const quoted = (text: string) => `"${name(text)}"`;
	switch (deed.kind) {
		case "create_table":
			return `made the table ${quoted(deed.name)}`;
		case "rename_table":
			return `renamed the table ${quoted(deed.from)} to ${quoted(deed.to)}`;
		case "create_field":
			return `made the field ${quoted(deed.name)} (${deed.type})`;
		case "update_field":
			return describeFieldChange(deed.from, deed.to, quoted);
		case "create_view":
			return `made the view ${quoted(deed.name)}`;
		case "update_view":
			return `changed the view ${quoted(deed.from.name)}: ${deed.parts.join(", ")}`;
		case "delete_view":
			return `deleted the view ${quoted(deed.name)}`;
		default:
			return `${WORDS[deed.kind]} ${quoted(deed.name)}`;
	}
}

const WORDS = {
	delete_table: "deleted the table",
	delete_field: "deleted the field",
	upload_files: "uploaded files for the field",
	create_base: "made the base",
	update_base: "changed the base",
	copy_base: "made a copy of a base:",
	share_base: "shared the base",
	update_form: "changed the form",
	copy_dashboard: "made a copy of a dashboard:",
	create_role: "made the role",
	update_role: "changed the role",
	delete_role: "deleted the role",
	add_role_members: "added members to the role",
	remove_role_members: "removed members from the role",
	save_contact: "saved the contact",
	delete_contact: "deleted the contact",
	switch_automation: "switched the automation",
} as const satisfies Record<string, string>;

function describeFieldChange(
	from: FieldState,
	to: FieldState,
	quoted: (name: string) => string,
): string {
	const parts = [
		...(from.name === to.name ? [] : [`name to ${quoted(to.name)}`]),
		...(from.type === to.type ? [] : [`type from ${from.type} to ${to.type}`]),
		...(from.description === to.description ? [] : ["description"]),
		...changedSettings(from, to),
		...renamedOptions(from, to).map(
			([was, is]) => `option ${quoted(was)} to ${quoted(is)}`,
		),
	];
	return `changed the field ${quoted(from.name)}: ${parts.join(", ") || "nothing"}`;
}

/** Options that have another name: what they were called, and what they are called. */
export function renamedOptions(
	{ settings: from }: Pick<FieldState, "settings">,
	{ settings: to }: Pick<FieldState, "settings">,
): readonly (readonly [was: string, is: string])[] {
	const names = new Map((from.options ?? []).map(({ id, name }) => [id, name]));
	return (to.options ?? []).flatMap(({ id, name }) => {
		const was = id === "" ? undefined : names.get(id);
		return was === undefined || was === name ? [] : [[was, name] as const];
	});
}

/** Names of the settings that differ. */
export function changedSettings(
	{ settings: from }: FieldState,
	{ settings: to }: FieldState,
): readonly string[] {
	const names = new Set([...Object.keys(from), ...Object.keys(to)]);
	const value = (settings: object, key: string) =>
		JSON.stringify(settings[key as never] ?? null);
	return [...names].filter((key) => value(from, key) !== value(to, key));
}

/** How an action ended, in words. */
export function actionStatus(
	{ start, end, owned }: Action,
	reference: string | undefined,
): string {
	if (end === undefined)
		return owned
			? "running"
			: `unknown: nobody saw its answer; look at ${lookAt(start.deed, reference)} before it is done again`;
	const undid = start.undoes === undefined ? "" : ` (to undo ${start.undoes})`;
	if (end.outcome === "failed") return `failed: it was refused${undid}`;
	return `${end.outcome === "part" ? "done in part" : "complete"}${undid}`;
}

/** Which call shows whether a deed was done. */
function lookAt(deed: Deed, reference: string | undefined): string {
	if (deed.kind.endsWith("_table")) return "list_tables";
	if (/_(field|view)$/.test(deed.kind) && reference !== undefined)
		return `describe_fields of ${reference}`;
	if (/role/.test(deed.kind)) return "list_roles and list_role_members";
	if (/contact/.test(deed.kind)) return "list_contacts";
	if (deed.kind === "switch_automation") return "list_automations";
	if (deed.kind === "copy_dashboard") return "list_dashboards";
	if (deed.kind === "update_form") return "describe_form";
	return deed.kind === "upload_files" ? "the cells" : "list_tables";
}
