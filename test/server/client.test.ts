import { expect, test } from "vitest";
import { joined, openServer } from "./client.js";

test("the tests' own client notices an answer that its schema does not allow", async () => {
	const server = openServer();
	const answering = (structuredContent: object | undefined) =>
		joined({
			...server,
			make() {
				const inner = server.make();
				return {
					...inner,
					connect(wire) {
						const send = wire.send.bind(wire);
						wire.send = (message, options) =>
							send(
								(JSON.stringify(message).includes('"structuredContent"')
									? {
											...message,
											result: { content: [], structuredContent },
										}
									: message) as typeof message,
								options,
							);
						return inner.connect(wire);
					},
				};
			},
		});
	const wrong = await answering({ tables: "none" });
	await expect(wrong.call("list_tables")).rejects.toThrow(
		"list_tables does not answer by its schema",
	);
	const none = await answering(undefined);
	await expect(none.call("list_tables")).rejects.toThrow(
		"list_tables did not answer structured content",
	);
	const { client } = await joined(server);
	await expect(
		client.callTool({ name: "list_tables", arguments: {} }),
	).resolves.toHaveProperty("structuredContent.tables");
});
