import type { CellValue, Field, FieldType } from "./field.js";
import type { Unsupported } from "./unsupported.js";

/** Passed to codecs. */
export interface CodecContext {
	readonly zone: string;
}

/** One field type of one vendor, both directions. */
export interface FieldCodec<T extends FieldType> {
	/** The vendor's type names or numbers that this row reads. */
	readonly wireTypes: readonly (string | number)[];
	/** Forgiving: null, absent and a vendor's empty forms give null; a shape it does not know gives `{raw}`. */
	decode(
		wire: unknown,
		field: Field,
		context: CodecContext,
	): CellValue<T> | { readonly raw: unknown };
	/** Absent: the vendor computes it. `null` clears. */
	encode?(value: CellValue<T>, field: Field, context: CodecContext): unknown;
	/** people, groups, departments, links: is this text an id of the vendor, not a name? */
	isId?(text: string): boolean;
	/** A vendor's own rule about a value, beyond the neutral ones; text = why it is refused. */
	check?(value: CellValue<T>, field: Field): string | undefined;
	/**
	 * A write is proved by reading back in the same call. `true`: the plain value is evident but the vendor documents
	 * none; a function says for which fields and values. `first`: the vendor's answer shows a value whether it was kept
	 * or not; once a call has read a cell of the same field and form back, it believes the answers about the others.
	 */
	prove?: true | "first" | ((field: Field, value: CellValue<T>) => boolean);
}

/** Every field type of the core is answered, or the folder does not compile. */
export type FieldCodecs = {
	readonly [T in FieldType]: FieldCodec<T> | Unsupported;
};
