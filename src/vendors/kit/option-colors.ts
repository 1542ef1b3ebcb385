import { TablesError } from "../../core/contract/errors.js";
import type { FieldSpec } from "../../core/contract/schema.js";

/** The colors of options where a vendor numbers them hue by hue, one shade after another. */
export interface Palette {
	readonly hues: readonly string[];
	/** The first is meant where a hue is named alone. */
	readonly shades: readonly string[];
	/** Words that people use for a hue, each in lower case. */
	readonly alias?: Readonly<Record<string, string>>;
}

/** Letters and digits of a name, in lower case: `Light Blue`, `light-blue` and `lightblue` are the same words. */
const plain = (text: string) => text.toLowerCase().replace(/[\s_-]+/g, "");

/**
 * The vendor's number of an option's color, which is given as a number or by name: a hue, or a hue with a shade
 * in either order.
 * @throws TablesError bad_argument that names the colors.
 */
export function colorNumber(
	field: Pick<FieldSpec, "name">,
	option: { readonly name: string; readonly color: string | number },
	palette: Palette,
): number {
	const { hues, shades, alias = {} } = palette;
	const count = hues.length * shades.length;
	const { color } = option;
	if (typeof color === "number") {
		if (Number.isInteger(color) && color >= 0 && color < count) return color;
	} else {
		const found = namesOf(palette).get(plain(color));
		if (found !== undefined) return found;
	}
	const others = Object.keys(alias);
	throw new TablesError(
		"bad_argument",
		`"${field.name}": the color ${JSON.stringify(color)} of option "${option.name}" is not one that this product has`,
		{
			next: `A color is a number from 0 to ${count - 1}, or a name: ${hues.join(", ")}${others.length === 0 ? "" : ` (or ${others.join(", ")})`}, alone or with a shade such as "${hues[0]}_${shades[1]}" (${shades.join(", ")}).`,
		},
	);
}

function namesOf({
	hues,
	shades,
	alias = {},
}: Palette): ReadonlyMap<string, number> {
	const names = new Map<string, number>();
	const words = [
		...hues.map((hue) => [hue, hue] as const),
		...Object.entries(alias),
	];
	for (const [word, hue] of words) {
		const at = hues.indexOf(hue);
		names.set(plain(word), at);
		shades.forEach((shade, level) => {
			const number = level * hues.length + at;
			names.set(plain(`${word}${shade}`), number);
			names.set(plain(`${shade}${word}`), number);
		});
	}
	return names;
}
