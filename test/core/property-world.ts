import type { Cell } from "../../src/core/contract/field.js";
import type { Located } from "../../src/core/places/locate.js";
import { encodeCells } from "../../src/core/values/values.js";
import { callTool, runningOf } from "../conformance/session.js";
import { fileOf } from "../conformance/world.js";
import { type RandomColumn, randomColumns } from "./arbitraries.js";
import { type LocalWorld, localWorld, makeTable } from "./local-world.js";

export interface PropertyWorld extends LocalWorld {
	readonly columns: readonly RandomColumn[];
	readonly table: Located;
	/** Cells by column name, as they are written; answers the ids. */
	insert(rows: readonly Readonly<Record<string, Cell>>[]): Promise<string[]>;
	clear(): Promise<void>;
}

/** A local table with the random columns, and records and files that cells may name. */
export async function propertyWorld(): Promise<PropertyWorld> {
	const world = localWorld();
	const { session } = world;
	const { call } = runningOf(session);
	const target = await makeTable(session, "Targets", [
		{ name: "Title", type: "text" },
	]);
	const { structured } = await callTool(session, "create_records", {
		table: target,
		records: ["T0", "T1", "twice", "twice", ""].map((Title) => ({
			fields: { Title },
		})),
	});
	const records = structured.ids as string[];
	const holder = await world.locate(
		await makeTable(session, "Holder", [
			{ name: "Title", type: "text" },
			{ name: "files", type: "attachment" },
		]),
	);
	const files = [];
	for (const name of ["a.txt", "b, c.txt", "a%.txt"]) {
		const sent = await holder.adapter.uploadFile?.(
			holder.table,
			holder.table.fields[1] as never,
			fileOf(name, name),
			call,
			() => {},
		);
		files.push({
			token: sent?.token ?? "",
			name,
			size: name.length,
			type: "text/plain",
		});
	}
	const columns = randomColumns("America/Santiago", { records, files, target });
	const table = await world.locate(
		await makeTable(session, "Random", [
			{ name: "Title", type: "text" },
			...columns.map(({ name, type, settings }) => ({
				name,
				type,
				...(settings === undefined ? {} : { settings }),
			})),
		]),
	);
	const byName = new Map(
		table.table.fields.map((field) => [field.name, field]),
	);
	return {
		...world,
		columns,
		table,
		async insert(rows) {
			const written = await table.adapter.createBatch?.(
				table.table,
				rows.map((row) =>
					encodeCells(
						table.adapter,
						table.table,
						Object.fromEntries(
							Object.entries(row).map(([name, cell]) => [
								byName.get(name)?.id as string,
								cell,
							]),
						),
					),
				),
				call,
			);
			return (written ?? []).map(({ id }) => id);
		},
		async clear() {
			const { items } = await table.adapter.readPage(
				table.table,
				{ fields: [], system: [], pageSize: 1000 },
				undefined,
				call,
			);
			await table.adapter.deleteBatch?.(
				table.table,
				items.map(({ id }) => id),
				call,
			);
		},
	};
}
