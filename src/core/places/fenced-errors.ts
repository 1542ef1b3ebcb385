import type { Adapter } from "../contract/adapter.js";
import { TablesError } from "../contract/errors.js";
import { METHOD_FACTS } from "../contract/methods.js";

/**
 * The adapter, whose errors do not tell of things that do not exist for the agent: what the vendor says about one
 * of `secrets` is kept back. They are looked at when an error comes.
 */
export function withFencedErrors(
	adapter: Adapter,
	secrets: ReadonlySet<string>,
): Adapter {
	const result: Record<string, unknown> = { ...adapter };
	for (const [name, { does }] of METHOD_FACTS) {
		const inner = adapter[name] as
			| ((...args: unknown[]) => unknown)
			| undefined;
		if (inner === undefined || does === "compute") continue;
		result[name] = (...args: unknown[]) =>
			fencedErrors(secrets, async () => inner(...args));
	}
	return result as unknown as Adapter;
}

async function fencedErrors<T>(
	secrets: ReadonlySet<string>,
	work: () => Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		const said = [error.message, error.next, error.vendor?.message].join("\n");
		if (!holdsAny(said, secrets)) throw error;
		const { message: _, ...vendor } = error.vendor ?? {};
		throw new TablesError(
			error.code,
			"the vendor refused this, in words that the policy of this connection keeps back",
			{
				next: "Call describe_fields, and use only what it shows.",
				vendor: error.vendor && vendor,
				retryAfterMs: error.retryAfterMs,
			},
		);
	}
}

/** Short words of plain letters count only as whole words; names in other scripts have no such bounds. */
const SHORT_WORD = /^[\w$-]{1,3}$/;

function holdsAny(text: string, secrets: Iterable<string>): boolean {
	for (const secret of secrets)
		if (
			SHORT_WORD.test(secret)
				? new RegExp(
						`(?<![\\w$-])${secret.replace(/\$/g, "\\$")}(?![\\w$-])`,
					).test(text)
				: text.includes(secret)
		)
			return true;
	return false;
}
