/** A change of a list in place of its whole value, as it was given. */
export interface GivenEdit {
	readonly add?: unknown;
	readonly remove?: unknown;
}

/** `{add, remove}`; undefined where the value is something else. */
export function editOf(given: unknown): GivenEdit | undefined {
	if (typeof given !== "object" || given === null || Array.isArray(given))
		return undefined;
	const keys = Object.keys(given);
	return keys.length > 0 &&
		keys.every((key) => key === "add" || key === "remove")
		? given
		: undefined;
}
