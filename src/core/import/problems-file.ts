import { wordsOf } from "../contract/error-words.js";
import type { Problem } from "../contract/problem.js";
import type { Session } from "../contract/session.js";
import type { WriteAnswer } from "../delivery/answer.js";
import { logUnexpected } from "../delivery/log-unexpected.js";
import { countOf } from "../delivery/problem-groups.js";

const COLUMNS = ["line", "record", "field", "given", "message"] as const;

/**
 * Writes every problem of an import beside its file. Answers what to say of it: the path, or why there is none. By
 * then rows may have been written, and that must be reported whatever becomes of this file.
 */
export async function writeProblems(
	session: Session,
	file: string,
	problems: readonly Problem[],
	answer: WriteAnswer,
): Promise<readonly string[]> {
	if (problems.length === 0) return [];
	const wanted = `${file}.problems.csv`;
	try {
		const path = await session.files.writeAside(
			wanted,
			COLUMNS,
			problems.map(rowOf),
		);
		return [`all ${problems.length} problems by line: ${path}`];
	} catch (error) {
		logUnexpected(session, error);
		const shown = countOf(answer.problems);
		return [
			`the problems could not be written to ${wanted} (${wordsOf(error)}): ${
				shown === problems.length
					? "all of them are in this answer"
					: `${shown} of ${problems.length} are in this answer`
			}. Once a file can be written there, ${
				answer.change_id === null
					? "call again"
					: `call import_records with resume: "${answer.change_id}", which writes no record twice`
			}`,
		];
	}
}

function rowOf({
	line,
	record,
	field,
	given,
	message,
}: Problem): readonly unknown[] {
	return [
		line,
		record,
		field,
		typeof given === "string" || given === undefined
			? given
			: JSON.stringify(given),
		message,
	];
}
