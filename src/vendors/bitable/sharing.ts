import type { BaseMethods } from "../../core/contract/bases.js";
import { TablesError } from "../../core/contract/errors.js";
import type { BaseInfo } from "../../core/contract/table.js";
import { type Loose, loose, text } from "../kit/cloud.js";
import type { Api } from "./api.js";
import type { Bases } from "./bases.js";
import * as calls from "./calls.js";
import { after, removeBlankRows } from "./schema.js";

const PERMISSIONS = {
	read: "view",
	edit: "edit",
	manage: "full_access",
} as const;

/** Kinds of ids by how they begin. Source: "add collaborator". */
const MEMBERS: readonly (readonly [pattern: RegExp, kind: string])[] = [
	[/@/, "email"],
	[/^ou_/, "openid"],
	[/^on_/, "unionid"],
	[/^oc_/, "openchat"],
	[/^od-/, "opendepartmentid"],
];

export function memberKind(member: string): string {
	return MEMBERS.find(([pattern]) => pattern.test(member))?.[1] ?? "userid";
}

export function baseMethods(api: Api, bases: Bases): BaseMethods {
	const infoOf = (wire: Loose): BaseInfo => {
		const id = text(wire.app_token) ?? "";
		const zone = text(wire.time_zone);
		const url = text(wire.url);
		if (url !== undefined) bases.seenAt(id, url);
		return {
			id,
			name: text(wire.name) ?? null,
			url: url ?? bases.url(id),
			...(zone === undefined ? {} : { timeZone: zone }),
			...(typeof wire.is_advanced === "boolean"
				? { advancedPermissions: wire.is_advanced }
				: {}),
		};
	};

	return {
		async createBase({ name, folder, timeZone }, context) {
			const data = await api.call(
				calls.createBase,
				{
					json: {
						name,
						...(folder === undefined ? {} : { folder_token: folder }),
						...(timeZone === undefined ? {} : { time_zone: timeZone }),
					},
				},
				context,
			);
			const wire = loose(data.app);
			const info = infoOf(wire);
			const table = text(wire.default_table_id);
			api.made(info.id, ...(table === undefined ? [] : [table]));
			if (table === undefined) return info;
			await after(
				`the base "${name}" [${info.id}] was made`,
				removeBlankRows(api, { base: info.id, table }, context),
			);
			return { ...info, defaultTable: table };
		},
		async updateBase(base, { name, advancedPermissions }, context) {
			const put = async (json: Loose) =>
				infoOf({
					app_token: base,
					...loose(
						(
							await api.call(
								calls.updateBase,
								{ params: { base }, base, json },
								context,
							)
						).app,
					),
				});
			// The vendor does one after the other and may stop between them: two calls tell how far it came.
			const renamed = name === undefined ? undefined : await put({ name });
			bases.forget(base);
			if (advancedPermissions === undefined) return renamed ?? put({});
			const switching = put({ is_advanced: advancedPermissions });
			const switched = await (name === undefined
				? switching
				: after(`the base was renamed to "${name}"`, switching));
			bases.forget(base);
			if (advancedPermissions) api.made(base);
			return { ...renamed, ...switched, advancedPermissions };
		},
		async copyBase(base, { name, folder, structureOnly }, context) {
			const data = await api.call(
				calls.copyBase,
				{
					params: { base },
					base,
					json: {
						name,
						without_content: structureOnly,
						...(folder === undefined ? {} : { folder_token: folder }),
					},
				},
				context,
			);
			const info = infoOf(loose(data.app));
			api.made(info.id);
			return info;
		},
		async shareBase(base, member, access, context) {
			if (member.trim() === "")
				throw new TablesError("bad_argument", "a member has no id", {
					next: "Members: an e-mail address, ou_…, on_…, oc_… or od-….",
				});
			await api.call(
				calls.shareBase,
				{
					params: { base },
					base,
					query: [
						["type", "bitable"],
						["need_notification", "false"],
					],
					json: {
						member_type: memberKind(member),
						member_id: member,
						perm: PERMISSIONS[access],
					},
				},
				context,
			);
		},
	};
}
