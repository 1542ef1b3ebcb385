import type { CellValue, Field, FieldType } from "./field.js";
import type { Unsupported } from "./unsupported.js";

/** What a codec or an operator needs to know besides the field. */
export interface CodecContext {
	/** IANA zone in which the table's dates are days. */
	readonly zone: string;
}

/** One field type of one vendor, both directions. */
export interface FieldCodec<T extends FieldType> {
	/** The vendor's type names or numbers that this row reads. */
	readonly wireTypes: readonly (string | number)[];
	/**
	 * The vendor's cell in neutral form. Forgiving, never throws: the vendor's empty forms give null, a shape that it
	 * does not know gives `{raw}`. Called with a cell that is there: null and absent are empty before it is asked.
	 */
	decode(
		wire: unknown,
		field: Field,
		context: CodecContext,
	): CellValue<T> | { readonly raw: unknown };
	/**
	 * A checked value as the vendor takes it; null clears, and is passed for "" and an empty list as well.
	 * Absent: the vendor computes such cells, and a value given for one is refused or left out with a note.
	 */
	encode?(value: CellValue<T>, field: Field, context: CodecContext): unknown;
	/**
	 * People, groups, departments and links: is this text an id of the vendor, so that no name need be looked up?
	 * Absent: ids cannot be distinguished from names by their form; every text is looked up first.
	 */
	isId?(text: string): boolean;
	/**
	 * A vendor's own rule about a value that is not null, beyond the neutral ones; answers why it is refused, as the
	 * end of a sentence that begins with the field's name, or undefined. Nothing has been sent.
	 * `zone` is the table's. Absent: whatever fits the type is sent.
	 */
	check?(value: CellValue<T>, field: Field, zone: string): string | undefined;
	/**
	 * A write is proved by reading it back in the same call. `true`: always, because the vendor does not document
	 * what it keeps; a function: for the fields and values for which it says yes. `first`: the vendor's answer shows a
	 * value whether it was kept or not; once a cell of the same type of field and the same form was read back, the
	 * answers about others of the connection are believed for 30 days.
	 * Absent: what the vendor answers is believed.
	 */
	prove?: true | "first" | ((field: Field, value: CellValue<T>) => boolean);
}

/** Every field type of the core is answered, or the folder does not compile. */
export type FieldCodecs = {
	readonly [T in FieldType]: FieldCodec<T> | Unsupported;
};
