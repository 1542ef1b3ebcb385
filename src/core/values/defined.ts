/**
 * The values that are set: a key whose value is undefined is left out, since to many a reader "absent" and
 * "present but undefined" are two things.
 */
export function defined<T extends object>(
	values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(
		Object.entries(values).filter(([, value]) => value !== undefined),
	) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
