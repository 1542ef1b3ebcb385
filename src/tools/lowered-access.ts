import type { RoleInfo, RoleTable } from "../core/contract/roles.js";

const RANK = { none: 0, read: 1, edit: 2, manage: 3 } as const;

/** Tables and dashboards in which a role may do less than before, by name or id. What the vendor's default is nobody knows. */
export function loweredAccess(
	before: RoleInfo,
	after: RoleInfo,
): readonly string[] {
	const tables = new Map(before.tables.map((entry) => [entry.table, entry]));
	const shown = new Map(
		before.dashboards.map(({ dashboard, access }) => [dashboard, access]),
	);
	return [
		...after.tables
			.filter((entry) => isLower(tables.get(entry.table), entry))
			.map(({ name, table }) => name ?? table),
		...after.dashboards
			.filter(
				({ dashboard, access }) =>
					access === "none" && shown.get(dashboard) !== "none",
			)
			.map(({ dashboard }) => dashboard),
	];
}

function isLower(was: RoleTable | undefined, is: RoleTable): boolean {
	if (was === undefined)
		return (
			is.access === "none" ||
			is.rows !== undefined ||
			(is.fields ?? []).some(({ access }) => access === "none")
		);
	return (
		RANK[is.access] < RANK[was.access] ||
		(is.rows !== undefined &&
			JSON.stringify(is.rows) !== JSON.stringify(was.rows)) ||
		(is.otherRows === "none" && was.otherRows !== "none") ||
		(is.addRecords === false && was.addRecords !== false) ||
		(is.deleteRecords === false && was.deleteRecords !== false) ||
		(is.fields ?? []).some(
			({ field, access }) => RANK[access] < RANK[levelOf(was, field)],
		)
	);
}

function levelOf(
	{ access, fields = [] }: RoleTable,
	field: string,
): keyof typeof RANK {
	return fields.find((entry) => entry.field === field)?.access ?? access;
}
