/** What a JSON answer holds, as far as it is read: forgiving by design. */
export type Loose = Readonly<Record<string, unknown>>;

export function loose(value: unknown): Loose {
	return typeof value === "object" && value !== null ? (value as Loose) : {};
}

export function list(value: unknown): readonly Loose[] {
	return Array.isArray(value) ? value.map(loose) : [];
}

export function text(value: unknown): string | undefined {
	return typeof value === "string" && value !== "" ? value : undefined;
}

export function number(value: unknown): number | undefined {
	return typeof value === "number" && Number.isFinite(value)
		? value
		: undefined;
}

export function flag(value: unknown): boolean | undefined {
	return typeof value === "boolean" ? value : undefined;
}

/** The texts of a list; none where it is not a list. */
export function texts(value: unknown): readonly string[] {
	return Array.isArray(value)
		? value.filter((item): item is string => typeof item === "string")
		: [];
}
