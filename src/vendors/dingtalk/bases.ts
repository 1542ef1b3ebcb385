import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import { defined } from "../../core/values/defined.js";
import type { Call, Endpoint } from "../../http/endpoint.js";
import { flag, loose, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";
import { nodeIn, urlOf, workspaceIn } from "./urls.js";

/** Makes and changes bases. */
export function baseMethods(
	api: Api,
	catalog: Catalog,
): Required<Pick<Adapter, "createBase" | "updateBase">> {
	return {
		/** Makes an empty base, and answers its first sheet. */
		async createBase({ name, folder, timeZone }, context) {
			if (timeZone !== undefined)
				throw new TablesError(
					"unsupported",
					"a base of DingTalk AI Table has no time zone of its own",
					{
						next: "Leave `time_zone` out; TABLES_MCP_TIME_ZONE says in which zone dates are days.",
					},
				);
			const { workspace, parent } = await placeOf(
				api,
				catalog,
				folder,
				context,
			);
			const json = {
				name,
				docType: "BASE",
				operatorId: await api.operator(context),
				...defined({ parentNodeId: parent }),
			};
			const made = await api
				.plain(calls.createDocument, { params: { workspace }, json }, context)
				// Also after a failure: it may have been made.
				.finally(() => catalog.forget());
			const id = text(made.nodeId) ?? text(made.dentryUuid) ?? "";
			const [sheet] = await catalog.sheets(id, context);
			return {
				id,
				name,
				url: text(made.url) ?? urlOf(id),
				...defined({ defaultTable: sheet?.id }),
			};
		},
		async updateBase(base, { name, advancedPermissions }, context) {
			if (name !== undefined)
				throw new TablesError(
					"unsupported",
					"the API of DingTalk AI Table cannot rename a base",
					{ next: "In DingTalk: the menu (⋯) beside its name, Rename." },
				);
			const { enabled } = await api.call(
				calls.changeSwitch,
				{
					params: { base },
					base,
					json: { value: advancedPermissions === true },
				},
				context,
			);
			return {
				id: base,
				name: null,
				...defined({ advancedPermissions: flag(enabled) }),
			};
		},
	};
}

/** Where a new base goes: a folder, a workspace, else the operator's own documents. */
async function placeOf(
	api: Api,
	catalog: Catalog,
	folder: string | undefined,
	context: CallContext,
): Promise<{ readonly workspace: string; readonly parent?: string }> {
	const workspaceBy = async (endpoint: Endpoint, call: Call) =>
		text(
			loose((await api.call(endpoint, call, context)).workspace).workspaceId,
		);
	const given = folder && workspaceIn(folder);
	if (folder === undefined || given !== undefined) {
		const workspace = given ?? (await workspaceBy(calls.myWorkspace, {}));
		if (workspace !== undefined) return { workspace };
		throw new TablesError("not_found", "the operator has no workspace", {
			next: "Name a folder or workspace with `folder`: its browser address.",
		});
	}
	const id = nodeIn(folder) ?? folder;
	const { workspace } = await catalog.node(id, context);
	if (workspace === undefined)
		throw new TablesError("not_found", `there is no folder ${id}`);
	return { workspace, parent: id };
}
