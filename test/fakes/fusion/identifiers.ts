/** Ids of the vendor's shapes, the same in every run for the same seed. */
export interface Identifiers {
	/** A prefixed id: `rec` + 10, `dst` + 15, `usk` + 20. */
	next(prefix: string): string;
	/** A lower-case hexadecimal text. */
	hex(length: number): string;
	/** A numeric text as units have it. */
	snowflake(): string;
}

const ALPHABET =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LENGTHS: Readonly<Record<string, number>> = {
	dst: 15,
	fom: 15,
	dsb: 15,
	mir: 15,
	usk: 20,
	emb: 15,
};

export function identifiers(seed: number): Identifiers {
	let state = (seed ^ 0x9e3779b9) >>> 0;
	let units = 1_631_185_151_234_567_000n;
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
		next: (prefix) => prefix + text(ALPHABET, LENGTHS[prefix] ?? 10),
		hex: (length) => text("0123456789abcdef", length),
		snowflake: () => String(++units),
	};
}
