import { z } from "zod";
import { tryEach } from "../core/delivery/attempt.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { carryOut, outcomeOf } from "../core/write/carry-out.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const shareBaseTool = defineTool({
	name: "share_base",
	toolset: "bases",
	title: "Share a base",
	description: "Let people or groups open a base.",
	input: z.object({
		base: schemas.base,
		members: z.array(z.string()).min(1).describe("Ids or e-mail addresses"),
		access: z.enum(["read", "edit", "manage"]),
	}),
	output: z.looseObject({
		shared: z.array(z.string()),
		failed: z.array(z.string()),
		notes: z.array(z.string()),
	}),
	hints: schemas.changeHints,
	needs: ["shareBase"],
	async run({ base: text, members, access }, session, running) {
		const place = await locateBase(session, { base: text }, running.call);
		const share = need(place, "shareBase");
		const done = await carryOut(
			session,
			{
				tool: "share_base",
				place,
				deed: { kind: "share_base", name: place.base.name ?? place.base.id },
			},
			async () => {
				const value = await tryEach(members, (member) =>
					share(place.base.id, member, access, running.call),
				);
				const { done, failed } = value;
				return { value, outcome: outcomeOf(done.length, failed.length) };
			},
		);
		const { done: shared, failed: refused } = done.value;
		const failed = refused.map(
			({ item: member, error }) => `${member}: ${error.message}`,
		);
		return {
			...sayDone(
				done,
				[
					`shared ${place.base.name ?? place.base.id} (${access}) with ${shared.join(", ") || "nobody"}`,
					...failed.map((reason) => `failed: ${reason}`),
				],
				{ base: place.base.id, access, shared, failed },
			),
			isError: failed.length > 0,
		};
	},
});
