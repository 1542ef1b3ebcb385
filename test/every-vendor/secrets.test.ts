import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { type FakeRequest, jsonResponse } from "../fakes/fake.js";
import {
	created,
	eachCloudPeer,
	filesUnder,
	openWorld,
	recordsOf,
} from "./world.js";

/*
 * A vendor, or a proxy before it, may tell back what it was sent, in whatever form: also a token that no configuration
 * names, because it was fetched.
 */

const FORMS: readonly ((text: string) => string)[] = [
	(text) => text,
	encodeURIComponent,
	(text) => Buffer.from(text).toString("base64"),
	(text) => Buffer.from(` ${text}`).toString("base64url"),
];

/** What a request is let in with. */
function credentialsOf({ headers, query }: FakeRequest): readonly string[] {
	return [
		headers.authorization?.replace(/^Bearer /, ""),
		headers["x-acs-dingtalk-access-token"],
		new URLSearchParams(query).get("access_token"),
	].filter((one): one is string => typeof one === "string" && one !== "");
}

/** The credential, or enough of its base64 to know it by. */
const tracesOf = (credential: string) => [
	credential.slice(0, 8),
	...[0, 1, 2].flatMap((before) =>
		Buffer.from("x".repeat(before) + credential)
			.toString("base64")
			.slice(4, 20),
	),
];

for (const [nth, form] of FORMS.entries())
	eachCloudPeer(
		`no answer, log line or kept file holds a credential that was sent and is told back (form ${nth + 1})`,
		async (peer) => {
			const lines: string[] = [];
			const world = await openWorld(peer, {
				log: (_level, line) => lines.push(line),
			});
			const [id = ""] = await created(world, recordsOf(2));
			const seen = new Set<string>();
			let echoes = 0;
			world.faulty((request) => {
				const credentials = credentialsOf(request);
				if (credentials.length === 0) return undefined;
				for (const one of credentials) seen.add(one);
				echoes++;
				const told = `told back ${credentials.map(form).join(" ")} ${form(
					`Bearer ${credentials[0]}`,
				)}`;
				const id = `id ${credentials.map(form).join(" ")}`;
				return {
					when: "before",
					response: {
						...jsonResponse(400, {
							success: false,
							code: peer.id === "dingtalk" ? "not.known" : 1_254_999,
							msg: told,
							message: told,
							requestid: id,
						}),
						headers: { "content-type": "application/json", "x-tt-logid": id },
					},
				};
			});
			const { client, table } = world;
			const answers = [];
			for (const [tool, args] of [
				["create_records", { table, records: recordsOf(1) }],
				["update_records", { table, records: [{ id, fields: { Amount: 5 } }] }],
				["delete_records", { table, record_ids: [id] }],
				["query_records", { table }],
				["list_tables", { refresh: true }],
				[
					"create_table",
					{
						connection: peer.id,
						base: world.site.base,
						name: "B",
						fields: [{ name: "A", type: "text" }],
					},
				],
			] as const)
				answers.push(await client.call(tool, args));
			expect(echoes).toBeGreaterThan(3);
			// It was told back, and shown.
			expect(JSON.stringify(answers)).toContain("told back");
			const kept = filesUnder(world.folder)
				.filter((path) => !path.endsWith("config.json"))
				.map((path) => readFileSync(path, "utf8"));
			const all = [JSON.stringify(answers), ...lines, ...kept].join("\n");
			for (const credential of seen)
				for (const trace of tracesOf(credential))
					expect(all).not.toContain(trace);
		},
	);
