/** The shape of a property object, checked with the messages that the vendor relays from its validator. */
export interface Shape {
	readonly kind: "string" | "number" | "boolean" | "array" | "object" | "any";
	readonly required?: boolean;
	readonly least?: number;
	readonly most?: number;
	readonly oneOf?: readonly (string | number)[];
	/** An empty text is accepted. */
	readonly empty?: boolean;
	readonly keys?: Readonly<Record<string, Shape>>;
	readonly items?: Shape;
}

export type Checked =
	| { readonly value: unknown }
	| { readonly problem: string };

/** Checks and casts (numeric and boolean texts). The path is quoted in the message; the root is called "value". */
export function check(given: unknown, shape: Shape, path = "value"): Checked {
	const problem = (text: string): Checked => ({ problem: `"${path}" ${text}` });
	if (given === undefined)
		return shape.required ? problem("is required") : { value: undefined };
	switch (shape.kind) {
		case "any":
			return { value: given };
		case "string":
			if (typeof given !== "string") return problem("must be a string");
			if (shape.oneOf && !shape.oneOf.includes(given))
				return problem(`must be one of [${shape.oneOf.join(", ")}]`);
			if (given === "" && !shape.empty)
				return problem("is not allowed to be empty");
			return { value: given };
		case "number": {
			const value =
				typeof given === "string" && given.trim() !== ""
					? Number(given)
					: given;
			if (typeof value !== "number" || !Number.isFinite(value))
				return problem("must be a number");
			if (shape.oneOf && !shape.oneOf.includes(value))
				return problem(`must be one of [${shape.oneOf.join(", ")}]`);
			if (shape.least !== undefined && value < shape.least)
				return problem(`must be greater than or equal to ${shape.least}`);
			if (shape.most !== undefined && value > shape.most)
				return problem(`must be less than or equal to ${shape.most}`);
			return { value };
		}
		case "boolean": {
			const value = given === "true" ? true : given === "false" ? false : given;
			return typeof value === "boolean"
				? { value }
				: problem("must be a boolean");
		}
		case "array": {
			if (!Array.isArray(given)) return problem("must be an array");
			const list: unknown[] = [];
			for (const [index, item] of given.entries()) {
				const checked = check(
					item,
					shape.items ?? { kind: "any" },
					`${path === "value" ? "" : path}[${index}]`,
				);
				if ("problem" in checked) return checked;
				list.push(checked.value);
			}
			return { value: list };
		}
		case "object": {
			if (typeof given !== "object" || given === null || Array.isArray(given))
				return problem("must be of type object");
			if (shape.keys === undefined) return { value: given };
			const made: Record<string, unknown> = {};
			const source = given as Record<string, unknown>;
			const at = (name: string) =>
				path === "value" ? name : `${path}.${name}`;
			for (const [name, rule] of Object.entries(shape.keys)) {
				const checked = check(
					Object.hasOwn(source, name) ? source[name] : undefined,
					rule,
					at(name),
				);
				if ("problem" in checked) return checked;
				if (checked.value !== undefined) made[name] = checked.value;
			}
			for (const name of Object.keys(source))
				if (!Object.hasOwn(shape.keys, name))
					return { problem: `"${at(name)}" is not allowed` };
			return { value: made };
		}
	}
}
