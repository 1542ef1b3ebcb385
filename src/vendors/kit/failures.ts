import {
	type ErrorCode,
	TablesError,
	type VendorFault,
} from "../../core/contract/errors.js";
import { defined } from "../../core/values/defined.js";
import { type Answer, clip, type Judged } from "../../http/answer.js";

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
			...defined({ next: row.next, retryAfterMs }),
		},
	);
	return row.token ? { failure, token: true } : { failure };
}

/** The failure of an answer that is not in the vendor's form. */
export function foreign(title: string, { status, text }: Answer): Judged {
	return {
		failure: new TablesError(
			"broken",
			`${title}: something answered that is not in the vendor's form (HTTP ${status}; ${clip(text)})`,
			{
				next: "A person can check the configured `base_url`, and any proxy in between.",
				vendor: { status },
			},
		),
		foreign: true,
	};
}

/**
 * For `catch`: the value that stands in for an answer that fails with one of these codes; every other failure goes
 * on.
 */
export function insteadOf<T>(
	codes: ReadonlySet<ErrorCode>,
	otherwise: T,
): (error: unknown) => T {
	return (error) => {
		if (error instanceof TablesError && codes.has(error.code)) return otherwise;
		throw error;
	};
}
