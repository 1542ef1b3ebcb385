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

test("long and short lines are handed on in their order, and the end is told after the last", async () => {
	const [stdin, stdout] = [new PassThrough(), new PassThrough()];
	const long = "x".repeat(600_000);
	const ping = (id: number, a: string) =>
		`{"jsonrpc":"2.0","id":${id},"method":"ping","params":{"a":"${a}"}}`;
	await new Promise<void>((ended, failed) => {
		const read: unknown[] = [];
		const wire = stdioWire(stdin, stdout, () => {
			try {
				expect(read).toEqual([1, 2, 3, 4, 5]);
				ended();
			} catch (error) {
				failed(error);
			}
		});
		wire.onmessage = (message: { id: number }) => read.push(message.id);
		void wire.start();
		stdin.end(
			[
				ping(1, long),
				ping(2, ""),
				`${ping(3, long)}\n${ping(4, "")}`,
				ping(5, long),
			].join("\n"),
		);
	});
});

test("a long line that is not JSON is refused, and the next is read", async () => {
	const [stdin, stdout] = [new PassThrough(), new PassThrough()];
	const read: unknown[] = [];
	await new Promise<void>((ended) => {
		const wire = stdioWire(stdin, stdout, ended);
		wire.onmessage = (message: unknown) => read.push(message);
		void wire.start();
		stdin.end(`[${"1,".repeat(300_000)}}\n{"id":7}\n`);
	});
	expect(read).toEqual([{ id: 7 }]);
	expect(JSON.parse(String(stdout.read()))).toMatchObject({
		id: null,
		error: { code: -32_700, message: expect.stringContaining("at byte") },
	});
});
