import { TablesError } from "../../core/contract/errors.js";
import type { ReadOptions, RowFile } from "../../core/contract/files.js";
import { nameList } from "../../core/values/names.js";
import { decoded, jsonEncoding } from "./encoding.js";
import { type JsonRecord, objectFile, recordOfText } from "./json-records.js";
import { jsonValues, newShape, type Shape, type Where } from "./json-values.js";

/** A list of objects, an object that holds one such list, or objects one after another. */
export async function openJson(
	path: string,
	options: ReadOptions,
): Promise<RowFile> {
	const encoding = await jsonEncoding(path, options.encoding);
	const shape = newShape();
	const text = () => decoded(path, encoding.name);
	for await (const _ of jsonValues(text(), { depth: 0 }, shape));
	const notes = encoding.note === undefined ? [] : [encoding.note];
	const where = whereOf(shape, notes);
	return objectFile(
		"json",
		notes,
		async function* (): AsyncIterable<JsonRecord> {
			for await (const values of jsonValues(text(), where, newShape()))
				for (const { line, text } of values) yield recordOfText(text, line);
		},
	);
}

/** Where the records are. @throws TablesError bad_argument */
function whereOf(
	{ values, first, keys, lists, open }: Shape,
	notes: string[],
): Where {
	if (open > 0)
		throw new TablesError(
			"bad_argument",
			"the JSON ends before what it opens is closed: the file is damaged or cut off",
			{ next: "Write or download the file again." },
		);
	if (first === "[") {
		if (values === 1) return { depth: 1 };
		throw new TablesError(
			"bad_argument",
			`the JSON holds ${values} values one after another, of which the first is a list`,
			{ next: "Write one list of objects, or one object a line." },
		);
	}
	const [list, ...others] = lists;
	if (values !== 1 || list === undefined) return { depth: 0 };
	if (others.length > 0)
		throw new TablesError(
			"bad_argument",
			`the JSON is one object that holds several lists of objects: ${nameList([...lists])}`,
			{ next: "Save the list that is meant as a file of its own." },
		);
	const beside = [...keys].filter((key) => key !== list);
	notes.push(
		`the records are those of the list "${list}"${beside.length === 0 ? "" : `; not taken, because it is beside it: ${nameList(beside)}`}`,
	);
	return { depth: 2, key: list };
}
