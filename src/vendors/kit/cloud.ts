import { createHash } from "node:crypto";
import { join } from "node:path";
import {
	type ErrorCode,
	TablesError,
	type VendorFault,
} from "../../core/contract/errors.js";
import type { Finding } from "../../core/contract/finding.js";
import { fileStore, openBuckets } from "../../http/buckets.js";
import {
	type Client,
	type ClientOptions,
	clip,
	createClient,
	type Judged,
	type PacedRate,
} from "../../http/client.js";
import type { Services } from "../vendor.js";

export const TIMEOUT_MS = 20_000;

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
	const { clock, random, log, dataDir } = services;
	return createClient({
		...rest,
		dispatcher: await services.dispatcher(),
		timing: clock,
		random,
		buckets: openBuckets(fileStore(join(dataDir, "rates")), clock),
		account: createHash("sha256").update(account).digest("hex"),
		timeoutMs,
		...(headers === undefined ? {} : { headers }),
		log: (level, message) => log(level, `${services.connection}: ${message}`),
	});
}

/** One row of a vendor's failure table. */
export interface FailureRow {
	readonly code: ErrorCode;
	/** What it means; the vendor's own words follow. */
	readonly what: string;
	readonly next?: string;
	readonly retryAfterMs?: number;
	/** Another token may do. */
	readonly token?: true;
}

/** The error that a row of the failure table makes. */
export function failed(
	title: string,
	row: FailureRow,
	vendor: VendorFault,
	retryAfterMs = row.retryAfterMs,
): Judged {
	const words = [
		vendor.code === undefined ? "" : `code ${vendor.code}`,
		vendor.message === undefined || vendor.message === ""
			? ""
			: clip(vendor.message),
		vendor.logId === undefined ? "" : `log id ${vendor.logId}`,
	].filter((word) => word !== "");
	const failure = new TablesError(
		row.code,
		`${title}: ${row.what}${words.length === 0 ? "" : ` (${words.join("; ")})`}`,
		{
			vendor,
			...(row.next === undefined ? {} : { next: row.next }),
			...(retryAfterMs === undefined ? {} : { retryAfterMs }),
		},
	);
	return row.token ? { failure, token: true } : { failure };
}

/** A line of `doctor` from a probe. */
export async function probed<T>(
	probe: Promise<T>,
	good: (found: T) => Finding,
	bad: (error: TablesError) => Finding = (error) => ({
		level: "error",
		what: error.message,
		...(error.next === undefined ? {} : { next: error.next }),
	}),
): Promise<{ readonly finding: Finding; readonly found?: T }> {
	return probe.then(
		(found) => ({ finding: good(found), found }),
		(error: unknown) => {
			if (error instanceof TablesError) return { finding: bad(error) };
			throw error;
		},
	);
}

/** What a JSON answer holds, as far as it is read: forgiving by design. */
export type Loose = Readonly<Record<string, unknown>>;

export function loose(value: unknown): Loose {
	return typeof value === "object" && value !== null ? (value as Loose) : {};
}

export function list(value: unknown): readonly Loose[] {
	return Array.isArray(value) ? value.map(loose) : [];
}

export function text(value: unknown): string | undefined {
	return typeof value === "string" && value !== "" ? value : undefined;
}

export function number(value: unknown): number | undefined {
	return typeof value === "number" && Number.isFinite(value)
		? value
		: undefined;
}
