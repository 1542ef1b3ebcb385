import { type Dispatcher, EnvHttpProxyAgent } from "undici";
import { publicOnly } from "./download.js";

/** Connections to vendors; those for `links` reach public addresses only. Honours HTTPS_PROXY and NO_PROXY. */
export function makeDispatcher(to: "vendor" | "links"): Dispatcher {
	return new EnvHttpProxyAgent(
		to === "vendor" ? {} : { connect: { lookup: publicOnly } },
	);
}
