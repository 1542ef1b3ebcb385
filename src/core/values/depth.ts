/** Values of clients and vendors that nest deeper than this are not read: what walks them would not come back. */
export const MAX_DEPTH = 256;

/** Does a value of JSON nest deeper than `MAX_DEPTH`? Looks at it level by level, so that no depth is too much. */
export function isTooDeep(value: unknown): boolean {
	let level: unknown[] = [value];
	for (let depth = 0; level.length > 0; depth++) {
		if (depth > MAX_DEPTH) return true;
		const next: unknown[] = [];
		for (const item of level)
			if (typeof item === "object" && item !== null)
				for (const part of Object.values(item))
					if (typeof part === "object" && part !== null) next.push(part);
		level = next;
	}
	return false;
}
