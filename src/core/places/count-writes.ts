import type { Adapter } from "../contract/adapter.js";
import { METHOD_FACTS } from "../contract/methods.js";

type Method = (...args: unknown[]) => unknown;

/** An adapter whose writes are counted as they begin and as they end: between the two, what is read may be either. */
export function countWrites(adapter: Adapter, heard: () => void): Adapter {
	const result: Record<string, unknown> = { ...adapter };
	for (const [name, { does }] of METHOD_FACTS) {
		const inner = adapter[name] as Method | undefined;
		if (inner === undefined || does !== "write") continue;
		result[name] = async (...args: unknown[]) => {
			heard();
			try {
				return await inner(...args);
			} finally {
				heard();
			}
		};
	}
	return result as unknown as Adapter;
}
