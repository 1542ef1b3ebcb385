/** Ids of the vendor's shapes, the same in every run for the same seed. */
export interface Identifiers {
	/** Letters and digits: 32 for a base or node, 7 for a sheet or field, 10 for a record or option. */
	next(length: number): string;
	/** Lower-case hexadecimal text. */
	hex(length: number): string;
	/** A UUID in lower case. */
	uuid(): string;
}

const ALPHABET =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function identifiers(seed: number): Identifiers {
	let state = (seed ^ 0x51ed270b) >>> 0;
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
	const hex = (length: number) => text("0123456789abcdef", length);
	return {
		next: (length) => text(ALPHABET, length),
		hex,
		uuid: () =>
			`${hex(8)}-${hex(4)}-4${hex(3)}-${text("89ab", 1)}${hex(3)}-${hex(12)}`,
	};
}
