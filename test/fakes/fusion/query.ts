export type QueryValue = string | QueryValue[] | { [key: string]: QueryValue };
export type Query = Readonly<Record<string, QueryValue>>;

/**
 * A query string as `qs` reads it: `a=1&a=2`, `a[]=1`, `a[0]=1`, `a[0][b]=1`, `a[][b]=1`, `a[b]=1`.
 * Two values on one path become a list (so that `sort[][field]` twice gives one key with two fields).
 */
export function parseQuery(text: string): Query {
	const root: Record<string, QueryValue> = {};
	for (const pair of text.split("&")) {
		if (pair === "") continue;
		const [, rawKey = "", rawValue = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
		const key = decoded(rawKey);
		const name = /^[^[]+/.exec(key)?.[0];
		if (name === undefined || name === "__proto__") continue;
		const path = [...key.slice(name.length).matchAll(/\[([^\]]*)\]/g)].map(
			(found) => found[1] ?? "",
		);
		root[name] = placed(root[name], path, decoded(rawValue));
	}
	return root;
}

function placed(
	existing: QueryValue | undefined,
	path: readonly string[],
	value: string,
): QueryValue {
	const [step, ...rest] = path;
	if (step === undefined) {
		if (existing === undefined) return value;
		return Array.isArray(existing) ? [...existing, value] : [existing, value];
	}
	if (step === "" && rest.length === 0) {
		if (existing === undefined) return [value];
		return Array.isArray(existing) ? [...existing, value] : [existing, value];
	}
	if (step === "" || /^\d{1,2}$/.test(step)) {
		const list = Array.isArray(existing)
			? [...existing]
			: existing === undefined
				? []
				: [existing];
		const index = step === "" ? 0 : Math.min(Number(step), list.length);
		list[index] = placed(list[index], rest, value);
		return list;
	}
	if (step === "__proto__") return existing ?? {};
	const object =
		typeof existing === "object" && !Array.isArray(existing)
			? { ...existing }
			: {};
	object[step] = placed(object[step], rest, value);
	return object;
}

function decoded(text: string): string {
	const spaced = text.replaceAll("+", " ");
	try {
		return decodeURIComponent(spaced);
	} catch {
		return spaced;
	}
}

/**
 * A list parameter. One plain value is split at commas; a bracketed or repeated one is taken as it stands.
 * Empty and the words null and undefined are dropped; undefined: the parameter is absent.
 */
export function listParameter(
	value: QueryValue | undefined,
): string[] | undefined {
	if (value === undefined || value === "") return undefined;
	const list =
		typeof value === "string"
			? value.split(",")
			: Array.isArray(value)
				? value.map(String)
				: Object.values(value).map(String);
	const kept = list.filter(
		(item) => item !== "" && item !== "null" && item !== "undefined",
	);
	return kept.length === 0 ? undefined : kept;
}

/** A single-valued parameter; a list is joined as JavaScript does. */
export function textParameter(
	value: QueryValue | undefined,
): string | undefined {
	return value === undefined ? undefined : String(value);
}
