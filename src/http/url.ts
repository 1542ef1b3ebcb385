import { TablesError } from "../core/contract/errors.js";
import type { Call, Endpoint } from "./endpoint.js";

/** The whole address of a call, each part of it percent-encoded. */
export function urlOf(origin: string, endpoint: Endpoint, call: Call): string {
	const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => {
		const value = call.params?.[name];
		if (value === undefined || value === "")
			throw new TablesError(
				"internal",
				`"${endpoint.name}" was called without ${name}`,
				{ next: "This is a defect of tables-mcp. Tell the person." },
			);
		// A dot segment would be resolved away by the URL parser.
		if (value === "." || value === "..")
			throw new TablesError("not_found", `"${value}" is not an id`, {
				next: "Use an id that a listing gave.",
			});
		return encodeURIComponent(value);
	});
	const query = (call.query ?? [])
		.flatMap(([name, value]) =>
			value === undefined
				? []
				: [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
		)
		.join("&");
	return `${origin}${path}${query === "" ? "" : `?${query}`}`;
}

/**
 * Without a trailing slash.
 * @throws TablesError bad_argument for anything but HTTPS, or plain HTTP on loopback.
 */
export function checkedOrigin(text: string): string {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const loopback =
		url !== undefined &&
		(/^127\.\d+\.\d+\.\d+$/.test(url.hostname) ||
			url.hostname === "localhost" ||
			url.hostname === "[::1]");
	if (
		url === undefined ||
		!(url.protocol === "https:" || (url.protocol === "http:" && loopback)) ||
		url.username !== "" ||
		url.search !== "" ||
		url.hash !== ""
	)
		throw new TablesError(
			"bad_argument",
			`"${text}" is not a base URL: it must be https://host (plain http:// only on this machine), without user, query or #`,
			{ next: "A person sets `base_url` in the configuration." },
		);
	let base = url.href;
	while (base.endsWith("/")) base = base.slice(0, -1);
	return base;
}
