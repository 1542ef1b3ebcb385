import type { Field } from "../contract/field.js";
import type { FieldSpec } from "../contract/schema.js";

/** Does a field that is changed leave the other side of its link as it is? */
export function keepsOtherSide(
	field: Pick<Field, "type" | "settings">,
	spec: Pick<FieldSpec, "type" | "settings">,
): boolean {
	return (
		field.type !== "link" ||
		field.settings.twoWay !== true ||
		(spec.type === "link" &&
			spec.settings.twoWay === true &&
			spec.settings.linkTable === field.settings.linkTable)
	);
}
