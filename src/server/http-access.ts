import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TablesError } from "../core/contract/errors.js";

/** Where it is served, and what a client must show. */
export interface Access {
	readonly host: string;
	readonly token: string | undefined;
}

/** Why a request is not served. */
export interface Denied {
	readonly status: 401 | 403 | 404;
	readonly message: string;
}

const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]", "::1"];

/** @throws TablesError bad_argument where others could reach it and no bearer token is set. */
export function checkAccess({ host, token }: Access): void {
	if (!LOOPBACK.includes(host) && token === undefined)
		throw new TablesError(
			"bad_argument",
			`serving on ${host} needs a bearer token`,
			{ next: "Set TABLES_MCP_HTTP_TOKEN, or serve on 127.0.0.1." },
		);
}

/**
 * Host must name this machine and Origin be this very address, so that no web page gets in, not even one that another
 * program of this machine serves; the token must be right; the path is /mcp.
 */
export function deniedAccess(
	{ headers, url }: IncomingMessage,
	{ host, token, port }: Access & { readonly port: number },
): Denied | undefined {
	const isLocal = LOOPBACK.includes(host);
	const hostname = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
	if (isLocal && !LOOPBACK.includes(hostname))
		return { status: 403, message: "the Host header is not this address" };
	const { origin } = headers;
	if (origin !== undefined && !(isLocal && originsOf(port).includes(origin)))
		return {
			status: 403,
			message: isLocal
				? `the Origin is not allowed; allowed are ${originsOf(port).join(", ")}`
				: "no web page may call this address: a request with an Origin is not allowed",
		};
	if (token !== undefined && !sameText(bearerOf(headers.authorization), token))
		return { status: 401, message: "the bearer token is missing or wrong" };
	if (url?.split("?")[0] !== "/mcp")
		return { status: 404, message: "the endpoint is /mcp" };
	return undefined;
}

/** As browsers write them: without a port that is the scheme's own. */
function originsOf(port: number): readonly string[] {
	return ["127.0.0.1", "localhost", "[::1]"].map(
		(name) => `http://${name}${port === 80 ? "" : `:${port}`}`,
	);
}

/** What stands behind the scheme, whose case does not matter (RFC 9110, 11.1). */
function bearerOf(authorization = ""): string {
	return /^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? "";
}

/** Compares in a time that does not show how much was right. */
function sameText(given: string, wanted: string): boolean {
	const digest = (text: string) => createHash("sha256").update(text).digest();
	return timingSafeEqual(digest(given), digest(wanted));
}
