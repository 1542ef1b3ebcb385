import { expect, test } from "vitest";
import { openSecrets } from "../../src/core/values/secrets.js";
import { download } from "../../src/http/download.js";
import { fusionConfig } from "../../src/vendors/fusion/config.js";
import { fileOriginFindings } from "../../src/vendors/kit/doctor.js";
import { linkOptions } from "../../src/vendors/kit/links.js";
import type { Services } from "../../src/vendors/vendor.js";
import { virtualClock } from "../clock.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import type { Fake } from "../fakes/fake.js";

/* A storage on a private network, beside the server: trusted where the configuration names it, and only there. */

const STORAGE = "http://10.0.0.9:9000";

async function fetched(file_origins?: string[]): Promise<string> {
	const storage: Fake = {
		log: [],
		handle: () => ({ status: 200, headers: {}, body: "bytes" }),
	};
	const dispatcher = new FakeDispatcher({ [STORAGE]: storage }, virtualClock());
	const services = {
		secrets: openSecrets([]),
		dispatcher: async () => dispatcher,
	} as unknown as Services;
	const config = fusionConfig.parse({ token: "t", file_origins });
	const options = await linkOptions(
		{ services, origin: "https://tables.example", config },
		{ priority: "interactive" },
	);
	const pieces: Uint8Array[] = [];
	for await (const piece of await download(`${STORAGE}/a`, options))
		pieces.push(piece);
	return Buffer.concat(pieces).toString();
}

test("a storage at a private address is read once `file_origins` names it", async () => {
	expect(await fetched([STORAGE])).toBe("bytes");
});

test.each([[undefined], [["http://10.0.0.9"]], [["https://10.0.0.9:9000"]]])(
	"with %j it is refused, and the refusal names the key",
	async (given) => {
		await expect(fetched(given)).rejects.toMatchObject({
			code: "not_allowed",
			next: expect.stringContaining("file_origins"),
		});
	},
);

test.each([
	"10.0.0.9",
	"ftp://10.0.0.9",
	"http://10.0.0.9/bucket",
	"http://u:p@h",
])("%s is not an origin", (origin) => {
	expect(() =>
		fusionConfig.parse({ token: "t", file_origins: [origin] }),
	).toThrow(/is not an origin: write/);
});

test("doctor shows what is trusted besides the vendor", () => {
	expect(fileOriginFindings({})).toEqual([]);
	expect(fileOriginFindings({ file_origins: [STORAGE] })[0]?.what).toContain(
		STORAGE,
	);
});
