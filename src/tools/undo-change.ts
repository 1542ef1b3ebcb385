import { z } from "zod";
import { emptyAnswer } from "../core/delivery/answer.js";
import { oneLine } from "../core/values/one-line.js";
import { type UndoneAction, undoAction } from "../core/write/undo-action.js";
import { undoRecords } from "../core/write/undo-change.js";
import { visibleAction } from "../core/write/visible-changes.js";
import * as schemas from "./schemas.js";
import { noteLines } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";
import { writeAnswer, writeOutput } from "./write-answer.js";

export const undoChangeTool = defineTool({
	name: "undo_change",
	toolset: "changes",
	title: "Undo a change",
	description:
		"Take back one of this server's own writes of the last 24 hours, except what was changed since: called again, it asks for that. `dry_run` names what cannot come back.",
	input: z.object({
		change_id: z.string(),
		dry_run: schemas.dryRun.optional(),
		...schemas.confirmOf("undo_change"),
	}),
	output: writeOutput,
	hints: schemas.changeMoreHints,
	needs: ["updateBatch"],
	async run({ change_id, dry_run: dryRun = false, confirm }, session, running) {
		const seen = await visibleAction(session, change_id, running);
		const input = { dryRun, confirm };
		return seen === undefined
			? writeAnswer(await undoRecords(session, change_id, input, running), {
					unnamed: true,
				})
			: undone(await undoAction(session, seen, input, running));
	},
});

function undone({ change, says, notes }: UndoneAction): ToolAnswer {
	return {
		text: [
			oneLine(
				change === null
					? `DRY RUN: ${says}`
					: `DONE: ${says} (change_id ${change})`,
			),
			...noteLines(notes),
		].join("\n"),
		structured: { ...emptyAnswer(notes), change_id: change, undone: says },
	};
}
