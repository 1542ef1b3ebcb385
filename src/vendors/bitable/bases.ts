import type { BaseMethods } from "../../core/contract/bases.js";

import type { BaseInfo } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { flag, type Loose, loose, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";
import { after, removeBlankRows } from "./schema.js";
/** Makes and changes bases. */
export function baseMethods(
	api: Api,
	catalog: Catalog,
): Omit<BaseMethods, "shareBase"> {
	const infoOf = (wire: Loose): BaseInfo => {
		const id = text(wire.app_token) ?? "";
		const zone = text(wire.time_zone);
		const url = text(wire.url);
		if (url !== undefined) catalog.seenAt(id, url);
		return {
			id,
			name: text(wire.name) ?? null,
			url: url ?? catalog.url(id),
			...defined({ timeZone: zone }),
			...defined({ advancedPermissions: flag(wire.is_advanced) }),
		};
	};

	return {
		async createBase({ name, folder, timeZone }, context) {
			const data = await api.call(
				calls.createBase,
				{
					json: {
						name,
						...defined({ folder_token: folder, time_zone: timeZone }),
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
			const put = async (json: Loose) => {
				const { app } = await api
					.call(calls.updateBase, { params: { base }, base, json }, context)
					// Also after a failure: it may have been done.
					.finally(() => catalog.forget(base));
				return infoOf({ app_token: base, ...loose(app) });
			};
			// The vendor does one after the other and may stop between them: two calls tell how far it came.
			const renamed = name === undefined ? undefined : await put({ name });
			if (advancedPermissions === undefined) return renamed ?? put({});
			const switching = put({ is_advanced: advancedPermissions });
			const switched = await (name === undefined
				? switching
				: after(`the base was renamed to "${name}"`, switching));
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
						...defined({ folder_token: folder }),
					},
				},
				context,
			);
			const info = infoOf(loose(data.app));
			api.made(info.id);
			return info;
		},
	};
}
