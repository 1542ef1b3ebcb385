import { z } from "zod";
import { allPages } from "../core/contract/pages.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import * as schemas from "./schemas.js";
import { csvBlock, plural } from "./text.js";
import { defineTool } from "./tool.js";

export const listDashboardsTool = defineTool({
	name: "list_dashboards",
	toolset: "dashboards",
	title: "List dashboards",
	description: "The dashboards of a base.",
	input: z.object({ base: schemas.base }),
	output: z.looseObject({ dashboards: z.array(z.unknown()) }),
	hints: schemas.readHints,
	needs: ["readDashboards"],
	async run({ base }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const read = need(place, "readDashboards");
		const dashboards = await allPages((cursor) =>
			read(place.base.id, cursor, running.call),
		);
		return {
			text: [
				plural(dashboards.length, "dashboard"),
				csvBlock(
					["id", "name"],
					dashboards.map(({ id, name }) => [id, name]),
				),
			].join("\n"),
			structured: { dashboards },
		};
	},
});
