import { z } from "zod";

const SECURE =
	/^(https:\/\/|http:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$))/i;

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
	headers: z.record(z.string(), z.string()).optional(),
	/** Ids of bases; for vendors that cannot list them, else to look at these only. */
	bases: z.array(z.string().min(1)).optional(),
};
