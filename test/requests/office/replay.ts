import { LOCAL_REQUESTS } from "./local-requests.js";
import { type Call, moveIn, type OfficeServer } from "./office.js";
import type { LocalTable } from "./tables.js";
import { VENDOR_REQUESTS } from "./vendor-requests.js";

/** Who asks, and what is known of earlier requests. */
export interface Agent {
	/** References of the local store's tables, which were looked at before. */
	readonly tables: Readonly<Record<LocalTable, string>>;
	/** What earlier answers said and later requests need: references, and ids of changes. */
	readonly kept: Map<string, string>;
	/** A call that must succeed; it counts. */
	readonly call: Call;
	/** The same for who checks: it does not count. */
	readonly look: Call;
}

/** What somebody asks for: the calls that it takes, and what must be true of the answers. */
export interface Request {
	readonly ask: string;
	/** @throws where an answer does not hold what was asked for. */
	run(agent: Agent): Promise<void>;
}

/** Tokens (bytes / 4) that a request took. */
export interface Spent {
	readonly ask: string;
	readonly calls: number;
	/** Of the arguments. */
	readonly asked: number;
	/** Of the answers' text. */
	readonly answered: number;
	/** Of the structured answers: a client shows the text or these. */
	readonly structured: number;
}

/** Makes each request in turn; @throws where one is not answered. */
export async function replay(server: OfficeServer): Promise<readonly Spent[]> {
	const tables = await moveIn(server);
	const kept = new Map<string, string>();
	const spent: Spent[] = [];
	for (const request of [...LOCAL_REQUESTS, ...VENDOR_REQUESTS]) {
		const counts = { calls: 0, asked: 0, answered: 0, structured: 0 };
		const call: Call = async (tool, args) => {
			const answer = await succeeding(server.call)(tool, args);
			counts.calls++;
			counts.asked += tokens(JSON.stringify(args));
			counts.answered += tokens(answer.text);
			counts.structured += tokens(JSON.stringify(answer.structured));
			return answer;
		};
		try {
			await request.run({ tables, kept, call, look: succeeding(server.call) });
		} catch (error) {
			throw new Error(`not answered: ${request.ask}`, { cause: error });
		}
		spent.push({ ask: request.ask, ...counts });
	}
	return spent;
}

/** Of arguments and the answers' texts together. */
export function tokensOf(spent: readonly Spent[]): number {
	return spent.reduce((sum, { asked, answered }) => sum + asked + answered, 0);
}

function succeeding(call: Call): Call {
	return async (tool, args) => {
		const answer = await call(tool, args);
		if (answer.isError)
			throw new Error(`${tool} ${JSON.stringify(args)}: ${answer.text}`);
		return answer;
	};
}

const BYTES_PER_TOKEN = 4;

function tokens(text: string): number {
	return Buffer.byteLength(text) / BYTES_PER_TOKEN;
}
