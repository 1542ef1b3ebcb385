import { z } from "zod";
import { allPages } from "../core/contract/pages.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import * as schemas from "./schemas.js";
import { csvBlock, plural } from "./text.js";
import { defineTool } from "./tool.js";

export const listAutomationsTool = defineTool({
	name: "list_automations",
	toolset: "automations",
	title: "List automations",
	description: "The automations of a base and whether they are on.",
	input: z.object({ base: schemas.base }),
	output: z.looseObject({ automations: z.array(z.unknown()) }),
	hints: schemas.readHints,
	needs: ["readAutomations"],
	async run({ base }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const read = need(place, "readAutomations");
		const automations = await allPages((cursor) =>
			read(place.base.id, cursor, running.call),
		);
		return {
			text: [
				plural(automations.length, "automation"),
				csvBlock(
					["id", "name", "enabled"],
					automations.map(({ id, name, enabled }) => [id, name, enabled]),
				),
			].join("\n"),
			structured: { automations },
		};
	},
});
