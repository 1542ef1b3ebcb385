import { virtualClock } from "../../clock.js";
import type { DingtalkSwitches } from "../../fakes/dingtalk/index.js";
import {
	createDingtalkSample,
	type DingtalkSample,
	type SampleBase,
} from "../../fakes/dingtalk/sample.js";
import {
	type Answer,
	type ClientOptions,
	connected,
	type TestClient,
} from "../../server/client.js";
import { dispatcherOf } from "../../vendors/dingtalk/dingtalk-session.js";

/** An agent at work on the sample bases: what it called, and what it had to read. */
export interface SampleClient extends TestClient {
	readonly sample: DingtalkSample;
	/** Tools called so far, in order. */
	readonly called: readonly string[];
	/** What the answers so far cost a model: bytes of text divided by four. */
	tokens(): number;
	/** The stored rows of a sheet, by column. */
	rows(
		base: SampleBase,
		sheet: string,
	): readonly Readonly<Record<string, unknown>>[];
}

export async function sampleClient(
	options: {
		readonly switches?: Partial<DingtalkSwitches>;
		/** Without: no base is configured. */
		readonly bases?: readonly SampleBase[];
		readonly person?: ClientOptions["person"];
	} = {},
): Promise<SampleClient> {
	const clock = virtualClock();
	const sample = createDingtalkSample({
		clock,
		...(options.switches === undefined ? {} : { switches: options.switches }),
	});
	const { fake, bases } = sample;
	const client = await connected({
		clock,
		config: {
			toolsets: "all",
			connections: {
				dingtalk: {
					vendor: "dingtalk",
					app_key: fake.app.key,
					app_secret: fake.app.secret,
					operator_id: fake.operatorId,
					...(options.bases === undefined
						? {}
						: { bases: options.bases.map((name) => bases[name]) }),
				},
			},
		},
		dispatcher: await dispatcherOf(fake, clock)(),
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
		rows: (base, sheet) =>
			fake.rows(bases[base], sheet).map(({ fields }) => fields),
	};
}
