import { lookup as dnsLookup, type LookupAddress } from "node:dns";
import { BlockList, isIP } from "node:net";
import type { Dispatcher } from "undici";
import { request } from "undici";
import { TablesError } from "../core/contract/errors.js";
import { type Answer, clip, flat, parse } from "./answer.js";
import type { Body } from "./multipart.js";
import type { Secrets } from "./secrets.js";

const MOST_REDIRECTS = 5;
const IDLE_MS = 60_000;
const NOT_FOLLOWED =
	"Open the file in the vendor's app. A vendor on a private network is trusted once `base_url` of the connection names it, and its storage once `file_origins` does.";

/** How a link is followed. */
export interface Download {
	readonly dispatcher: Dispatcher;
	readonly secrets: Secrets;
	/** Refuses private addresses also behind a name; see `publicOnly`. */
	readonly guarded: Dispatcher;
	/** Origins of the configuration, which may be private: the vendor's own, and those of its storage. */
	readonly trusted: readonly string[];
	/** Sent to the first URL only, never along a redirect. */
	readonly headers?: Readonly<Record<string, string>>;
	/** For links of the vendor's own API, which may answer a failure as JSON under any status: the failure, if it is one. */
	judge?(answer: Answer): TablesError | undefined;
	readonly signal?: AbortSignal;
}

/**
 * The bytes behind a link that a vendor gave, streamed.
 * @throws TablesError not_allowed for anything but HTTP(S) on a public address; not_found, unreachable.
 */
export async function download(
	link: string,
	options: Download,
): Promise<AsyncIterable<Uint8Array>> {
	let url = checkedLink(link, options.trusted);
	for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
		const isFirst = hops === 0;
		const response = await fetchOnce(
			url,
			{ method: "GET", ...(isFirst ? withHeaders(options) : {}) },
			options,
		);
		const { statusCode: status, headers, body } = response;
		const text = isFirst ? await vendorText(response, options) : undefined;
		if (text === undefined && status >= 200 && status < 300) return body;
		if (status >= 300 && status < 400 && headers.location !== undefined) {
			// Nobody reads it, and that we end it is not an error.
			body.on("error", () => {}).destroy();
			const next = String(headers.location);
			url = checkedLink(new URL(next, url).href, options.trusted);
			continue;
		}
		throw badLink(
			status,
			options.secrets.redact(
				text ?? (status < 400 ? "" : await body.text().catch(() => "")),
			),
		);
	}
	throw new TablesError(
		"broken",
		`the file's link leads through more than ${MOST_REDIRECTS} redirects`,
		{ next: "Open the file in the vendor's app." },
	);
}

/**
 * The JSON with which the vendor answers in place of the file; undefined: it did not.
 * @throws TablesError the failure that it is to this vendor.
 */
async function vendorText(
	{ statusCode: status, headers, body }: Dispatcher.ResponseData<unknown>,
	{ judge, secrets }: Download,
): Promise<string | undefined> {
	if (
		judge === undefined ||
		!/\bjson\b/.test(String(headers["content-type"])) ||
		headers["content-disposition"] !== undefined
	)
		return undefined;
	const text = await body.text().catch(() => "");
	const shown = secrets.redact(text);
	const failure = judge({
		status,
		headers: flat(headers),
		json: parse(shown),
		text: shown,
	});
	if (failure !== undefined) throw failure;
	return text;
}

function badLink(status: number, text: string): TablesError {
	return new TablesError(
		status === 404 || status === 410 || status === 403
			? "not_found"
			: "unreachable",
		`the file's link answered HTTP ${status}${text === "" ? "" : `: ${clip(text)}`}`,
		{
			next: "Links expire. Call download_attachment again: it reads a new link.",
			vendor: { status },
		},
	);
}

function withHeaders({ headers }: Download): Pick<Fetched, "headers"> {
	return headers === undefined ? {} : { headers };
}

/** What is sent to a link. */
interface Fetched {
	readonly method: "GET" | "PUT";
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: Body;
}

async function fetchOnce(
	url: URL,
	{ method, headers = {}, body }: Fetched,
	{ dispatcher, guarded, trusted, signal }: Download,
): Promise<Dispatcher.ResponseData<unknown>> {
	try {
		return await request(url, {
			dispatcher: trusted.includes(url.origin) ? dispatcher : guarded,
			method,
			headers:
				body === undefined
					? headers
					: {
							...headers,
							"content-type": body.type,
							"content-length": String(body.length),
						},
			body: (body?.stream() ?? null) as Dispatcher.DispatchOptions["body"],
			headersTimeout: IDLE_MS,
			bodyTimeout: IDLE_MS,
			...(signal === undefined ? {} : { signal }),
		} as Parameters<typeof request>[1]);
	} catch (error) {
		if (error instanceof TablesError) throw error;
		if (error instanceof Error && error.cause instanceof TablesError)
			throw error.cause;
		throw new TablesError(
			signal?.aborted ? "cancelled" : "unreachable",
			`the file at ${url.host} could not be fetched: ${error instanceof Error ? error.message : error}`,
			{ cause: error },
		);
	}
}

/**
 * Sends a file to a link that a vendor made for it; the link is the credential.
 * @throws TablesError not_allowed for a private address; unreachable.
 */
export async function upload(
	link: string,
	body: Body,
	options: Download,
): Promise<void> {
	const url = checkedLink(link, options.trusted);
	for (const secret of ticketsIn(url)) options.secrets.add(secret);
	const response = await fetchOnce(
		url,
		{ method: "PUT", body, ...withHeaders(options) },
		options,
	);
	const text = options.secrets.redact(await response.body.text());
	if (response.statusCode >= 200 && response.statusCode < 300) return;
	throw new TablesError(
		"unreachable",
		`the vendor's storage answered HTTP ${response.statusCode}: ${clip(text)}`,
		{ next: "Call again.", vendor: { status: response.statusCode } },
	);
}

/** What opens the storage: the values of a signed link, but for such as are numbers or words. */
const TICKET = /sign|token|key|cred|policy|ticket/i;
const TICKET_CHARACTERS = 16;

function ticketsIn(url: URL): readonly string[] {
	return [...url.searchParams].flatMap(([name, value]) =>
		TICKET.test(name) && value.length >= TICKET_CHARACTERS ? [value] : [],
	);
}

function checkedLink(link: string, trusted: readonly string[]): URL {
	const url = URL.canParse(link) ? new URL(link) : undefined;
	if (url !== undefined && trusted.includes(url.origin)) return url;
	const refuse = (why: string) =>
		new TablesError("not_allowed", `a file's link ${why} is not followed`, {
			next: NOT_FOLLOWED,
		});
	if (url === undefined) throw refuse("that is not a URL");
	if (url.protocol !== "https:" && url.protocol !== "http:")
		throw refuse(`of the kind ${url.protocol}`);
	// A last dot only says that the name is absolute.
	const host = url.hostname.replace(/^\[|\]$|\.$/g, "");
	if (host === "localhost" || host.endsWith(".localhost"))
		throw refuse("to this machine");
	if (isIP(host) !== 0 && isPrivate(host))
		throw refuse(`to the private address ${host}`);
	return url;
}

/** Everything that is not a public unicast address (IANA special-purpose registries): net and bits. */
const PRIVATE: Readonly<
	Record<"ipv4" | "ipv6", readonly (readonly [string, number])[]>
> = {
	ipv4: [
		["0.0.0.0", 8],
		["10.0.0.0", 8],
		["100.64.0.0", 10],
		["127.0.0.0", 8],
		["169.254.0.0", 16],
		["172.16.0.0", 12],
		["192.0.0.0", 24],
		["192.0.2.0", 24],
		["192.88.99.0", 24],
		["192.168.0.0", 16],
		["198.18.0.0", 15],
		["198.51.100.0", 24],
		["203.0.113.0", 24],
		["224.0.0.0", 4],
		["240.0.0.0", 4],
	],
	ipv6: [
		["::", 128],
		["::1", 128],
		["64:ff9b::", 96],
		["64:ff9b:1::", 48],
		["100::", 64],
		["2001:db8::", 32],
		["2002::", 16],
		["fc00::", 7],
		["fe80::", 10],
		["ff00::", 8],
	],
};

function privateAddresses(): BlockList {
	const list = new BlockList();
	for (const family of ["ipv4", "ipv6"] as const)
		for (const [net, bits] of PRIVATE[family])
			list.addSubnet(net, bits, family);
	return list;
}

/** Is it an address of this machine or of a local network? IPv4 written as IPv6 counts as IPv4. */
export function isPrivate(address: string): boolean {
	const list = privateAddresses();
	const family = isIP(address) === 6 ? "ipv6" : "ipv4";
	return list.check(address, family);
}

type LookupCallback = (
	error: Error | null,
	address: string | LookupAddress[],
	family?: number,
) => void;

/** A `lookup` for undici's connector: a name that stands for a private address is not connected to. */
export function publicOnly(
	host: string,
	options: { readonly all?: boolean | undefined },
	callback: LookupCallback,
): void {
	dnsLookup(host, { ...options, all: true }, (error, found) => {
		if (error !== null) return callback(error, []);
		const inside = found.find(({ address }) => isPrivate(address));
		if (inside !== undefined)
			return callback(
				new TablesError(
					"not_allowed",
					`a file's link to ${host} is not followed: it stands for the private address ${inside.address}`,
					{ next: NOT_FOLLOWED },
				),
				[],
			);
		const [first] = found;
		if (options.all || first === undefined) return callback(null, found);
		callback(null, first.address, first.family);
	});
}
