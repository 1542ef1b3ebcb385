import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import { openChange, resumeChange } from "../core/write/resume-change.js";
import type { ToolAnswer } from "./tool.js";
import { writeAnswer } from "./write-answer.js";

/** Goes on with a change that one of these tools began, and answers for all of it. */
export async function resumeWrite(
	session: Session,
	id: string,
	tools: readonly string[],
	running: Running,
	given: {
		readonly table: string;
		readonly dryRun?: boolean;
		readonly confirm?: string;
	},
): Promise<ToolAnswer> {
	const found = await openChange(session, id, tools, running, given);
	return writeAnswer(await resumeChange(session, found, running, given), {
		byId: tools.includes("delete_records"),
	});
}
