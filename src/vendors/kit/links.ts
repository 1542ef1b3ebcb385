import type { CallContext } from "../../core/contract/call-context.js";
import { defined } from "../../core/values/defined.js";
import type { Download } from "../../http/download.js";
import type { Services } from "../vendor.js";

/** How a file's link is followed: freely on the vendor's own host and where the configuration says, elsewhere to public addresses only. */
export async function linkOptions(
	{
		services,
		origin,
		config,
	}: {
		readonly services: Services;
		readonly origin: string;
		readonly config: { readonly file_origins?: readonly string[] | undefined };
	},
	{ signal }: CallContext,
): Promise<Download> {
	return {
		secrets: services.secrets,
		dispatcher: await services.dispatcher(),
		guarded: await services.dispatcher("links"),
		trusted: [origin, ...(config.file_origins ?? [])].map(
			(url) => new URL(url).origin,
		),
		...defined({ signal }),
	};
}
