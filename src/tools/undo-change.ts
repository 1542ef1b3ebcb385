import { z } from "zod";
import { undoChange } from "../core/write/undo-change.js";
import * as schemas from "./schemas.js";
import { defineTool } from "./tool.js";
import { writeAnswer, writeOutput } from "./write-answer.js";

export const undoChangeTool = defineTool({
	name: "undo_change",
	toolset: "changes",
	title: "Undo a change",
	description:
		"Take back one of this server's own writes of the last 24 hours. `dry_run` names what cannot come back.",
	input: z.object({
		change_id: z.string(),
		dry_run: schemas.dryRun.optional(),
	}),
	output: writeOutput,
	hints: schemas.changeHints,
	needs: ["updateBatch"],
	async run({ change_id, dry_run = false }, session, running) {
		return writeAnswer(
			await undoChange(session, change_id, { dryRun: dry_run }, running),
		);
	},
});
