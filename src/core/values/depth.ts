/** Values of clients and vendors that nest deeper than this are not read: what walks them would not come back. */
export const MAX_DEPTH = 256;

/** Does a value of JSON nest deeper than `MAX_DEPTH`? Looks at it level by level, so that no depth is too much. */
export function isTooDeep(value: unknown): boolean {
	let level: object[] = isNested(value) ? [value] : [];
	for (let depth = 0; level.length > 0; depth++) {
		if (depth > MAX_DEPTH) return true;
		const next: object[] = [];
		for (const item of level) addNested(item, next);
		level = next;
	}
	return false;
}

/** One by one: a list of all the values of an object with many names takes several times as long to make. */
function addNested(item: object, to: object[]): void {
	if (Array.isArray(item)) {
		for (const part of item) if (isNested(part)) to.push(part);
		return;
	}
	const parts = item as Readonly<Record<string, unknown>>;
	for (const name of Object.keys(parts)) {
		const part = parts[name];
		if (isNested(part)) to.push(part);
	}
}

function isNested(value: unknown): value is object {
	return typeof value === "object" && value !== null;
}
