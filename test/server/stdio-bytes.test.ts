import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { stdioWire } from "../../src/server/index.js";

test("a line with bytes that are not UTF-8 is refused, and the next is read", async () => {
	const [stdin, stdout] = [new PassThrough(), new PassThrough()];
	const wire = stdioWire(stdin, stdout);
	const read: unknown[] = [];
	wire.onmessage = (message: unknown) => read.push(message);
	await wire.start();
	for (const bytes of [[0xff], [0xfc], [0xc3], [0xed, 0xa0, 0x80]])
		stdin.write(
			Buffer.concat([
				Buffer.from('{"jsonrpc":"2.0","id":6,"method":"ping","params":{"a":"'),
				Buffer.from(bytes),
				Buffer.from('"}}\n'),
			]),
		);
	stdin.end(
		'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"Müller"}}\n',
	);
	await new Promise((resolve) => stdin.on("end", resolve));
	expect(read).toMatchObject([{ id: 7, params: { a: "Müller" } }]);
	const answers = String(stdout.read()).trim().split("\n");
	expect(answers).toHaveLength(4);
	for (const answer of answers)
		expect(JSON.parse(answer)).toMatchObject({
			id: null,
			error: { code: -32_700, message: expect.stringContaining("not UTF-8") },
		});
});
