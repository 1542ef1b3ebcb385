/*
 * How SQLite writes a number as a text. Number columns are REAL, so that 10/4 is 2.5, and SQLite writes a whole REAL as
 * `7.0`: `'No ' || K` would be `No 7.0`, and a key that is a text would not find its number. There is no setting for
 * it, and neither `||` nor `cast` can be replaced by a function. All of them use one form, which is changed in the
 * program before it is loaded: the same form without its `!` writes `7`. Without it a text would have 16 digits,
 * which are not always those that were written; of 17 SQLite leaves out what says nothing. JSON and `quote` have forms
 * of their own: there a number stays one that divides as such.
 */

/** One change: what stands there, once in the whole program, and what is to. */
interface Change {
	readonly what: string;
	readonly from: readonly number[];
	readonly to: readonly number[];
}

const CHANGES: readonly Change[] = [
	{
		what: "the form of numbers as texts",
		from: ascii("\0%!.*g\0"),
		to: ascii("\0%.*g\0\0"),
	},
	{
		// `select(20, 16, is there a "!")`: the most digits of a number.
		what: "the most digits of a form",
		from: [0x41, 20, 0x41, 16, 0x20, 0x19, 0x1b, 0x21, 0x0f],
		to: [0x41, 20, 0x41, 17, 0x20, 0x19, 0x1b, 0x21, 0x0f],
	},
];

/**
 * SQLite's program, which writes whole numbers as people do.
 * @throws Error where it is another version, in which the places are not known.
 */
export function withPlainNumbers(program: Uint8Array): Uint8Array {
	const changed = Buffer.from(program);
	for (const { what, from, to } of CHANGES) {
		const at = changed.indexOf(Uint8Array.from(from));
		if (at < 0 || changed.indexOf(Uint8Array.from(from), at + 1) >= 0)
			throw new Error(`SQLite does not have ${what} in one place`);
		changed.set(to, at);
	}
	return changed;
}

function ascii(text: string): readonly number[] {
	return [...Buffer.from(text, "latin1")];
}
