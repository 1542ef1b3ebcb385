/** C0 without tab and line breaks, C1, and the marks, embeddings, overrides and isolates that turn text around. */
const UNPRINTABLE: readonly (readonly [number, number])[] = [
	[0x00, 0x08],
	[0x0b, 0x0c],
	[0x0e, 0x1f],
	[0x7f, 0x9f],
	[0x200e, 0x200f],
	[0x202a, 0x202e],
	[0x2066, 0x2069],
];

/** Control and bidirectional characters out of a text that people and models read. */
export function clean(text: string): string {
	const hex = (code: number) => `\\u${code.toString(16).padStart(4, "0")}`;
	return text.replace(
		new RegExp(
			`[${UNPRINTABLE.map(([from, to]) => `${hex(from)}-${hex(to)}`).join("")}]`,
			"g",
		),
		"",
	);
}
