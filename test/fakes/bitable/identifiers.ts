/** Ids of the vendor's shapes, the same in every run for the same seed. */
export interface Identifiers {
	/** A prefixed id, as long as the vendor's newer ones. */
	next(prefix: keyof typeof LENGTHS): string;
	/** 27 mixed characters: a base, a file, a wiki node. */
	token(): string;
	/** A lower-case hexadecimal text. */
	hex(length: number): string;
	/** From 0 to 1. */
	random(): number;
}

const ALPHABET =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Characters after the prefix. */
const LENGTHS = {
	tbl: 13,
	vew: 7,
	fld: 7,
	rec: 10,
	opt: 7,
	rol: 7,
	blk: 13,
	con: 7,
	fldcn: 22,
	shrcn: 22,
	"t-": 40,
	"a-": 40,
	"u-": 40,
	"ur-": 40,
} as const;

export function identifiers(seed: number): Identifiers {
	let state = (seed ^ 0x9e3779b9) >>> 0;
	/** mulberry32 */
	const random = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
	const text = (alphabet: string, length: number) => {
		let made = "";
		for (let index = 0; index < length; index++)
			made += alphabet.charAt(Math.floor(random() * alphabet.length));
		return made;
	};
	return {
		random,
		next: (prefix) => prefix + text(ALPHABET, LENGTHS[prefix]),
		token: () => text(ALPHABET, 27),
		hex: (length) => text("0123456789abcdef", length),
	};
}
