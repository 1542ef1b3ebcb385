import { z } from "zod";
import { allPages } from "../core/contract/pages.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { resolveName } from "../core/values/names.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const switchAutomationTool = defineTool({
	name: "switch_automation",
	toolset: "automations",
	title: "Switch an automation",
	description: "Turn an automation on or off.",
	input: z.object({
		base: schemas.base,
		automation: z.string(),
		enabled: z.boolean(),
	}),
	output: z.looseObject({
		automation: z.string(),
		enabled: z.boolean(),
		notes: z.array(z.string()),
	}),
	hints: schemas.changeHints,
	needs: ["switchAutomation"],
	async run({ base, automation: text, enabled }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const change = need(place, "switchAutomation");
		const read = need(place, "readAutomations");
		const automations = await allPages((cursor) =>
			read(place.base.id, cursor, running.call),
		);
		const { item } = resolveName(automations, text, "automation");
		const done = await carryOutWhole(
			session,
			{
				tool: "switch_automation",
				place,
				deed: { kind: "switch_automation", name: item.name },
			},
			() => change(place.base.id, item.id, enabled, running.call),
		);
		return sayDone(
			done,
			`automation "${item.name}" [${item.id}] is ${enabled ? "on" : "off"}`,
			{ automation: item.id, enabled },
		);
	},
});
