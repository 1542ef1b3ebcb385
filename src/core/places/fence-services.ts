import type { Clock } from "../contract/clock.js";
import type { FenceMemory } from "../contract/policy.js";
import type { Log } from "../contract/session.js";

/** What a fence takes from the program. */
export interface FenceServices {
	readonly clock: Clock;
	readonly memory: FenceMemory;
	readonly log: Log;
	/** For the warnings about rules. */
	readonly connection: string;
	/** Gets the names and ids that no answer may hold, as far as they are known. */
	readonly secrets: Set<string>;
}
