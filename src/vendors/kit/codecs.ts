import type {
	CodecContext,
	FieldCodec,
	FieldCodecs,
} from "../../core/contract/codec.js";
import type { CellValue, Field, FieldType } from "../../core/contract/field.js";
import type { Unsupported } from "../../core/contract/unsupported.js";

/** A cell whose shape is not known: shown as it came, never guessed. */
export type Raw = { readonly raw: unknown };

/** A row of a table of types or operators that the vendor does not have; `reason` is what the agent reads. */
export function unsupported(reason: string): Unsupported {
	return { unsupported: reason };
}

/** A read-only codec: the vendor computes the value. */
export function computed<T extends FieldType>(
	wireTypes: readonly string[],
	decode: (
		wire: unknown,
		field: Field,
		context: CodecContext,
	) => CellValue<T> | Raw,
): FieldCodec<T> {
	return { wireTypes, decode };
}

/** Our type by the vendor's name of it. */
export function typesByWire(
	codecs: FieldCodecs,
): ReadonlyMap<string | number, FieldType> {
	return new Map(
		Object.entries(codecs).flatMap(([type, codec]) =>
			"wireTypes" in codec
				? codec.wireTypes.map((wire): [string | number, FieldType] => [
						wire,
						type as FieldType,
					])
				: [],
		),
	);
}

/** A text or a number, as computed fields and automatic numbers give it. */
export function textOrNumber(wire: unknown): string | number | Raw {
	return typeof wire === "string" || typeof wire === "number"
		? wire
		: { raw: wire };
}
