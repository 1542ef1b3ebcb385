import { createHash } from "node:crypto";
import { join } from "node:path";
import { defined } from "../../core/values/defined.js";
import { fileStore, openBuckets } from "../../http/buckets.js";
import {
	type Client,
	type ClientOptions,
	createClient,
} from "../../http/client.js";
import type { PacedRate } from "../../http/pace.js";
import type { Services } from "../vendor.js";

const TIMEOUT_MS = 20_000;

export interface CloudOptions
	extends Pick<
		ClientOptions,
		"title" | "origin" | "authorize" | "judge" | "judgeText" | "refuseToken"
	> {
	/** Vendor and credential; only its hash is kept. */
	readonly account: string;
	readonly rates: readonly PacedRate[];
	readonly timeoutMs: number | undefined;
	readonly headers: Readonly<Record<string, string>> | undefined;
}

/** The client of one connection, with buckets that all processes of this person share. */
export async function openClient(
	services: Services,
	{ account, timeoutMs = TIMEOUT_MS, headers, ...rest }: CloudOptions,
): Promise<Client> {
	const { clock, random, log, dataDir, secrets } = services;
	return createClient({
		...rest,
		dispatcher: await services.dispatcher(),
		timing: clock,
		random,
		secrets,
		buckets: openBuckets(fileStore(join(dataDir, "rates")), clock),
		account: createHash("sha256").update(account).digest("hex"),
		timeoutMs,
		...defined({ headers }),
		log: (level, message) => log(level, `${services.connection}: ${message}`),
	});
}
