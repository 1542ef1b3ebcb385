import { virtualClock } from "../../clock.js";
import {
	type BitableSample,
	createBitableSample,
	type SampleTable,
} from "../../fakes/bitable/sample.js";
import type { BitableSwitches } from "../../fakes/bitable/store.js";
import { FakeDispatcher } from "../../fakes/dispatcher.js";
import {
	type Answer,
	type ClientOptions,
	connected,
	type TestClient,
} from "../../server/client.js";
import { ORIGIN } from "../../vendors/bitable/bitable-session.js";

/** An agent at work on the sample bases: what it called, and what it had to read. */
export interface SampleClient extends TestClient {
	readonly sample: BitableSample;
	/** Tools called so far, in order. */
	readonly called: readonly string[];
	/** What the answers so far cost a model: bytes of text divided by four. */
	tokens(): number;
	/** The stored rows of a table, in the shape of search. */
	rows(table: SampleTable): readonly Readonly<Record<string, unknown>>[];
}

export async function sampleClient(
	options: {
		readonly switches?: Partial<BitableSwitches>;
		readonly opportunities?: number;
		readonly person?: ClientOptions["person"];
		readonly me?: boolean;
	} = {},
): Promise<SampleClient> {
	const clock = virtualClock();
	const sample = createBitableSample({
		clock,
		opportunities: options.opportunities ?? 0,
		switches: { twoWayLinks: "written", ...options.switches },
	});
	const { fake, bases, people } = sample;
	const client = await connected({
		clock,
		config: {
			toolsets: "all",
			connections: {
				feishu: {
					vendor: "bitable",
					app_id: fake.app.id,
					app_secret: fake.app.secret,
					bases: Object.values(bases),
					...(options.me ? { me: people.wang.openId } : {}),
				},
			},
		},
		dispatcher: new FakeDispatcher({ [ORIGIN]: fake }, clock),
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
		rows: (table) =>
			fake.rows(sample.tables[table]).map(({ fields }) => fields),
	};
}
