import { virtualClock } from "../../clock.js";
import { FakeDispatcher } from "../../fakes/dispatcher.js";
import type { FusionSwitches } from "../../fakes/fusion/index.js";
import {
	createFusionSample,
	type FusionSample,
	type SampleTable,
} from "../../fakes/fusion/sample.js";
import {
	type Answer,
	type ClientOptions,
	connected,
	type TestClient,
} from "../../server/client.js";
import { AITABLE } from "../../vendors/fusion/fusion-session.js";

/** An agent at work on the sample space: what it called, and what it had to read. */
export interface SampleClient extends TestClient {
	readonly sample: FusionSample;
	/** Tools called so far, in order. */
	readonly called: readonly string[];
	/** What the answers so far cost a model: bytes of text divided by four. */
	tokens(): number;
	/** The stored rows of a table, by the title of its first column. */
	rows(
		table: SampleTable,
		title: string,
	): ReadonlyMap<string, Readonly<Record<string, unknown>>>;
	reference(table: SampleTable): string;
}

export async function sampleClient(
	options: {
		readonly switches?: Partial<FusionSwitches>;
		readonly contacts?: number;
		readonly person?: ClientOptions["person"];
		readonly environment?: Readonly<Record<string, string>>;
		readonly as?: "owner" | "editor" | "reader";
	} = {},
): Promise<SampleClient> {
	const clock = virtualClock();
	const sample = createFusionSample({
		clock,
		contacts: options.contacts ?? 0,
		...(options.switches === undefined ? {} : { switches: options.switches }),
	});
	const client = await connected({
		clock,
		environment: {
			AITABLE_TOKEN: sample.tokens[options.as ?? "owner"],
			...options.environment,
		},
		dispatcher: new FakeDispatcher({ [AITABLE]: sample.fake }, clock),
		...(options.person === undefined ? {} : { person: options.person }),
	});
	const called: string[] = [];
	let bytes = 0;
	const counting =
		(call: TestClient["call"]) =>
		async (name: string, args?: object): Promise<Answer> => {
			called.push(name);
			const answer = await call(name, args);
			bytes += Buffer.byteLength(answer.text);
			return answer;
		};
	return {
		...client,
		call: counting(client.call),
		ok: counting(client.ok),
		refused: counting(client.refused),
		sample,
		called,
		tokens: () => bytes / 4,
		rows: (table, title) =>
			new Map(
				sample.fake
					.rows(sample.tables[table])
					.map(({ fields }) => [String(fields[title]), fields]),
			),
		reference: (table) => `aitable:${sample.spaceId}/${sample.tables[table]}`,
	};
}
