import { TablesError } from "../../core/contract/errors.js";
import type { Finding } from "../../core/contract/finding.js";
import { defined } from "../../core/values/defined.js";

/** A line of `doctor` from a probe. */
export async function probed<T>(
	probe: Promise<T>,
	good: (found: T) => Finding,
	bad: (error: TablesError) => Finding = (error) => ({
		level: "error",
		what: error.message,
		...defined({ next: error.next }),
	}),
): Promise<{ readonly finding: Finding; readonly found?: T }> {
	return probe.then(
		(found) => ({ finding: good(found), found }),
		(error: unknown) => {
			if (error instanceof TablesError) return { finding: bad(error) };
			throw error;
		},
	);
}

/** What is trusted with files besides the vendor itself, for the person to see. */
export function fileOriginFindings({
	file_origins: origins = [],
}: {
	readonly file_origins?: readonly string[] | undefined;
}): readonly Finding[] {
	return origins.length === 0
		? []
		: [
				{
					level: "ok",
					what: `links of files are followed to ${origins.join(", ")} as well, private addresses included (\`file_origins\`)`,
				},
			];
}
