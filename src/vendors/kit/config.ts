import { z } from "zod";

const SECURE =
	/^(https:\/\/|http:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$))/i;

/** Of a header's value, https://www.rfc-editor.org/rfc/rfc9110#section-5.5 (2026-11); the older half of Latin-1 with it. */
const HEADER_VALUE = /^[\x20-\x7e\xa0-\xff]*$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A key, token or secret: what it is pasted with is cut off, and nothing else may be in it than a header can hold. */
export function credential(missing?: string) {
	return z
		.string(missing === undefined ? {} : { error: missing })
		.trim()
		.min(1)
		.regex(HEADER_VALUE, {
			error:
				"holds characters that no header can hold, such as a line break: copy it again, without what stands around it",
		});
}

/** A scheme, a host and a port alone: whoever trusts an address is to see that all of it is trusted. */
function isOrigin(text: string): boolean {
	if (!URL.canParse(text)) return false;
	const { origin, protocol, href } = new URL(text);
	return /^https?:$/.test(protocol) && href === `${origin}/`;
}

/** Keys that every vendor over HTTP takes. Apart from client.ts, which loads the HTTP client. */
export const cloudConfig = {
	/** For self-hosted servers; HTTPS, or plain HTTP on this machine. */
	base_url: z
		.url()
		.refine((url) => SECURE.test(url), {
			error: "is not an https:// address (plain http:// only on this machine)",
		})
		.optional(),
	/** Calls per second, in place of the vendor's named rate. */
	qps: z.number().positive().max(1000).optional(),
	/** Of one attempt. */
	timeout_ms: z.int().min(1000).max(120_000).optional(),
	/** Sent with every call. */
	headers: z
		.record(
			z.string().regex(HEADER_NAME, { error: "is not the name of a header" }),
			z.string().trim().regex(HEADER_VALUE, {
				error: "holds characters that no header can hold, such as a line break",
			}),
		)
		.optional(),
	/** Where files are kept besides the vendor's own address, such as a storage on a private network: a link to it is followed. */
	file_origins: z
		.array(
			z.string().refine(isOrigin, {
				error:
					"is not an origin: write http:// or https://, the host and the port, such as https://storage.example:9000",
			}),
		)
		.optional(),
	/** Ids of bases; for vendors that cannot list them, else to look at these only. */
	bases: z.array(z.string().min(1)).optional(),
};
