import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createFusionFake } from "./index.js";

interface Exchange {
	readonly seq: number;
	readonly name: string;
	readonly request: {
		readonly method: string;
		readonly path: string;
		readonly headers: Readonly<Record<string, string | null>>;
		readonly body?: unknown;
		readonly rawBody?: string;
	};
	readonly response: { readonly status: number; readonly body: unknown };
}

interface Recordings {
	readonly table: {
		readonly datasheetId: string;
		readonly linkedDatasheetId: string;
		readonly linkedRecords: Readonly<Record<string, string>>;
		readonly linkedFieldIds: { readonly Title: string };
		readonly attachmentToken: string;
		readonly fieldIds: Readonly<Record<string, string>>;
		readonly firstRecord: string;
	};
	readonly exchanges: readonly Exchange[];
}

const { table, exchanges } = JSON.parse(
	readFileSync(
		new URL("../../fixtures/fusion/recordings.json", import.meta.url),
		"utf8",
	),
) as Recordings;

/** Answers that are not the vendor's, and what the fake says in their place. */
const exceptions: Readonly<
	Record<number, { readonly reason: string; readonly data: unknown }>
> = {
	80: {
		reason:
			"the stand-in for the upload backend gave every file one name and size; the fake keeps those of the file",
		data: {
			token: "space/2024/03/12/9e91de3730480537f8b51a83e7730452",
			mimeType: "text/plain",
			size: 5,
			name: "hello.txt",
			url: "https://s1.example.invalid/space/2024/03/12/9e91de3730480537f8b51a83e7730452",
		},
	},
};

const SPACE = "spcTest000001";
const FIELDS = `/fusion/v1/spaces/${SPACE}/datasheets/${table.datasheetId}/fields`;
const RECORDS = `/fusion/v1/datasheets/${table.datasheetId}/records`;
interface Sent {
	readonly path: string;
	readonly body: unknown;
	readonly atMs?: number;
	/** What the recorded server's answer held, as far as it is known. */
	readonly made: unknown;
}

const field = (name: string, type: string, property?: unknown): Sent => ({
	path: FIELDS,
	body: { name, type, property },
	made: { id: table.fieldIds[name] ?? "", name },
});

/** Calls that the vendor's server got between the recorded ones, known by their effects; they are sent before `seq`. */
const between: Readonly<Record<number, readonly Sent[]>> = {
	36: [field("Notes", "Text")],
	40: [
		field("Price", "Currency", { symbol: "$", precision: 2 }),
		field("Share", "Percent", { precision: 1 }),
	],
	55: [field("Editor", "LastModifiedBy", {})],
	61: [
		field("CoName", "MagicLookUp", {
			relatedLinkFieldId: table.fieldIds.Company,
			targetFieldId: table.linkedFieldIds.Title,
		}),
	],
	86: [
		{
			made: { records: [{ recordId: table.firstRecord }] },
			path: RECORDS,
			atMs: 1_795_210_564_551,
			body: {
				records: [
					{
						fields: {
							Name: "Ann",
							Amount: 12.5,
							Notes: "n1\nn2",
							Stage: "Lead",
							Tags: ["a", "b"],
							Price: 9.99,
							Share: 0.5,
							Stars: 4,
							Done: true,
							Due: 1709641800000,
							Site: "https://example.com",
							Mail: "a@b.co",
							Tel: "555",
							Files: [{ token: table.attachmentToken, name: "a.txt" }],
							Who: [{ id: "1631185151234567001" }],
							Company: ["recyfLG6SVRL2"],
							Ref: ["recFcIlzhKw5B"],
							Casc: "x",
						},
					},
				],
			},
		},
	],
};

const IDS =
	/\b(?:(?:rec|fld|opt|viw|atc)[A-Za-z0-9]{10}|dst[A-Za-z0-9]{15}|space\/\d{4}\/\d\d\/\d\d\/[0-9a-f]{32})\b/g;

describe("recordings", () => {
	let nowMs = 1_795_210_562_000;
	const fake = createFusionFake({
		clock: { now: () => nowMs },
		switches: {
			callsPerSecond: Number.POSITIVE_INFINITY,
			storageOrigin: "https://s1.example.invalid",
		},
	});
	const uuid = "uuidowner00000000000000000000001";
	const spaceId = fake.addSpace({
		id: SPACE,
		name: "Test space",
		rootId: "fodRootTest01",
	});
	const other = fake.addSpace({ id: "spcOther00001", name: "Other space" });
	const tokens: Readonly<Record<string, string>> = {
		owner: fake.addPerson({
			name: "Owner One",
			spaceId,
			uuid,
			isAdmin: true,
			id: "1631185151234567001",
			unitId: "unitowner01",
		}).token,
		readonly: fake.addPerson({
			name: "Reader Two",
			spaceId,
			permission: 3,
			id: "1631185151234567002",
			unitId: "unitreader2",
		}).token,
		outsider: fake.addPerson({
			name: "Outsider",
			spaceId: other,
			isAdmin: true,
		}).token,
		wrong: "uskAAAAAAAAAAAAAAAAAAAA",
	};
	fake.addTeam({
		name: "Design team",
		spaceId,
		id: "1631185151234567004",
		unitId: "unitdesign1",
	});
	fake.addAttachment({
		name: "a.txt",
		bytes: Buffer.from("hello vendor"),
		token: table.attachmentToken,
		spaceId,
	});

	/** Recorded id to the fake's id, learnt where a recorded answer shows it first. */
	const learnt = new Map<string, string>();
	const seeded = nodesBefore();
	for (const node of seeded) {
		learnt.set(node.id, node.id);
		if (node.type === "Folder") fake.addNode({ ...node, spaceId });
		else
			fake.addTable({
				...node,
				spaceId,
				fields: [
					{
						name: "Title",
						type: "SingleText",
						property: {},
						...(node.id === table.linkedDatasheetId
							? { id: table.linkedFieldIds.Title }
							: {}),
					},
				],
			});
	}
	const linked = Object.entries(table.linkedRecords);
	fake.addRecords(
		table.linkedDatasheetId,
		linked.map(([, Title]) => ({ Title })),
		{ ids: linked.map(([id]) => id) },
	);
	for (const id of [
		...linked.map(([id]) => id),
		table.linkedFieldIds.Title,
		table.attachmentToken,
	])
		learnt.set(id, id);

	const translated = (text: string) =>
		text.replace(IDS, (id) => learnt.get(id) ?? id);
	const authorization = (label: string | null | undefined) => {
		if (label === null || label === undefined) return undefined;
		if (tokens[label] !== undefined) return `Bearer ${tokens[label]}`;
		return label.startsWith('"bearer "') ? `bearer ${tokens.owner}` : label;
	};
	const send = (request: Exchange["request"]) => {
		const [, path = "", query = ""] =
			/^([^?]*)\??(.*)$/s.exec(translated(request.path)) ?? [];
		const { authorization: label, ...headers } = request.headers;
		const bearer = authorization(label);
		const body =
			request.rawBody ??
			(request.body === undefined
				? ""
				: translated(JSON.stringify(request.body)));
		const answer = fake.handle({
			method: request.method,
			origin: "https://api.example.com",
			path,
			query,
			headers: {
				...(headers as Record<string, string>),
				...(bearer === undefined ? {} : { authorization: bearer }),
			},
			body: Buffer.from(body),
		});
		return {
			status: answer.status,
			body: JSON.parse(String(answer.body)) as unknown,
		};
	};

	test.each(exchanges)("$seq $name", (exchange) => {
		for (const call of between[exchange.seq] ?? []) {
			nowMs = call.atMs ?? nowMs;
			const sent = send({
				method: "POST",
				path: call.path,
				headers: { authorization: "owner", "content-type": "application/json" },
				body: call.body,
			});
			expect(sent.status).toBe(201);
			learn({ data: call.made }, sent.body, learnt);
		}
		const limited = exchange.name.startsWith("rate limit");
		fake.set({ callsPerSecond: limited ? 2 : Number.POSITIVE_INFINITY });
		if (exchange.name.endsWith("after 1.2 s")) nowMs += 1200;
		nowMs = Math.max(nowMs, ...moments(exchange.response.body));
		const exception = exceptions[exchange.seq];
		const expected =
			exception === undefined
				? exchange.response
				: {
						...exchange.response,
						body: {
							...(exchange.response.body as object),
							data: exception.data,
						},
					};
		const answer = send(exchange.request);
		learn(expected.body, answer.body, learnt);
		expect(JSON.parse(JSON.stringify(answer))).toEqual(
			JSON.parse(translated(JSON.stringify(expected))),
		);
	});
});

/** Nodes that the recorded server already had: those of the first listing that no recorded call made. */
function nodesBefore(): { id: string; name: string; type: string }[] {
	const made = new Set(
		exchanges
			.filter(({ request }) => request.method === "POST")
			.map(
				({ response }) =>
					(response.body as { data?: { id?: string } }).data?.id,
			),
	);
	const listing = exchanges.find(({ name }) => name === "nodes list");
	const body = listing?.response.body as {
		data: { nodes: { id: string; name: string; type: string }[] };
	};
	return body.data.nodes
		.filter(({ id }) => !made.has(id))
		.map(({ id, name, type }) => ({ id, name, type }));
}

/** Time stamps of the recording inside an answer. */
function moments(value: unknown): number[] {
	return (JSON.stringify(value).match(/\b17952\d{8}\b/g) ?? []).map(Number);
}

/** Pairs ids that stand at the same place; an id that was paired before must not change. */
function learn(
	recorded: unknown,
	answered: unknown,
	learnt: Map<string, string>,
): void {
	if (typeof recorded === "string" && typeof answered === "string") {
		const ids = recorded.match(IDS) ?? [];
		const own = answered.match(IDS) ?? [];
		for (const [index, id] of ids.entries())
			if (!learnt.has(id) && own[index] !== undefined)
				learnt.set(id, own[index]);
		return;
	}
	if (
		typeof recorded !== "object" ||
		recorded === null ||
		typeof answered !== "object" ||
		answered === null
	)
		return;
	for (const [key, value] of Object.entries(recorded)) {
		const name = learnt.get(key) ?? key;
		learn(value, (answered as Record<string, unknown>)[name], learnt);
	}
}
