/** What a JSON answer holds, as far as it is read: forgiving by design. */
export type Loose = Readonly<Record<string, unknown>>;

/** An object of the answer; an empty one where there is none. */
export function loose(value: unknown): Loose {
	return typeof value === "object" && value !== null ? (value as Loose) : {};
}

/** A list of objects; an empty one where there is none. */
export function list(value: unknown): readonly Loose[] {
	return Array.isArray(value) ? value.map(loose) : [];
}

/** A text; undefined where it is empty or of another kind. */
export function text(value: unknown): string | undefined {
	return typeof value === "string" && value !== "" ? value : undefined;
}

/** A finite number; undefined where it is of another kind. */
export function number(value: unknown): number | undefined {
	return typeof value === "number" && Number.isFinite(value)
		? value
		: undefined;
}

/** Yes or no; undefined where it is of another kind. */
export function flag(value: unknown): boolean | undefined {
	return typeof value === "boolean" ? value : undefined;
}

/** The texts of a list; none where it is not a list. */
export function texts(value: unknown): readonly string[] {
	return Array.isArray(value)
		? value.filter((item): item is string => typeof item === "string")
		: [];
}
