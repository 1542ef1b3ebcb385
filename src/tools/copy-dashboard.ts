import { z } from "zod";
import { allPages } from "../core/contract/pages.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { resolveName } from "../core/values/names.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const copyDashboardTool = defineTool({
	name: "copy_dashboard",
	toolset: "dashboards",
	title: "Copy a dashboard",
	description: "Copy a dashboard in its base.",
	input: z.object({
		base: schemas.base,
		dashboard: z.string(),
		name: z.string().min(1),
	}),
	output: z.looseObject({ dashboard: z.string(), notes: z.array(z.string()) }),
	hints: schemas.addHints,
	needs: ["copyDashboard"],
	async run({ base, dashboard: text, name }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const copy = need(place, "copyDashboard");
		const read = need(place, "readDashboards");
		const dashboards = await allPages((cursor) =>
			read(place.base.id, cursor, running.call),
		);
		const { item } = resolveName(dashboards, text, "dashboard");
		const done = await carryOutWhole(
			session,
			{
				tool: "copy_dashboard",
				place,
				deed: { kind: "copy_dashboard", name: name },
			},
			() => copy(place.base.id, item.id, name, running.call),
		);
		const made = done.value;
		return sayDone(
			done,
			`copied dashboard "${item.name}" to "${made.name}" [${made.id}]`,
			{ dashboard: made.id, name: made.name },
		);
	},
});
