import { open } from "node:fs/promises";
import { TablesError } from "../../core/contract/errors.js";
import { formatOf, type RowFile } from "../../core/contract/files.js";

/** The format that a name's ending says of a file to be read; undefined = none that is read. */
export function readFormatOf(path: string): RowFile["format"] | undefined {
	return /\.json$/i.test(path) ? "json" : formatOf(path);
}

/** What programs save tables as that are not read here, by ending, with what to do. */
const NOT_READ: Readonly<Record<string, string>> = {
	xls: "an old Excel workbook",
	xlsb: "a binary Excel workbook",
	xlsm: "an Excel workbook with macros",
	xltx: "an Excel template",
	ods: "an OpenDocument spreadsheet",
	fods: "an OpenDocument spreadsheet",
	numbers: "an Apple Numbers document",
	et: "a WPS spreadsheet",
};

const SAVE_AS =
	"Open it in the spreadsheet program, save it as .xlsx (or as CSV) and import that.";

/** What lies in a file of another kind, as text in its beginning or end, with what it is and what to do. */
interface Foreign {
	readonly what: string;
	readonly next: string;
}

/**
 * A file of a format that is not read, or of another one than its name says.
 * @throws TablesError bad_argument, naming it as the person does and saying what to do.
 */
export async function needReadable(
	path: string,
	name: string,
	format: RowFile["format"] | undefined,
): Promise<void> {
	const found = foreignByContent(await edgesOf(path), format);
	const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
	const byName = format === undefined ? NOT_READ[ending] : undefined;
	const foreign =
		found ??
		(byName === undefined ? undefined : { what: byName, next: SAVE_AS });
	if (foreign === undefined) return;
	throw new TablesError(
		"bad_argument",
		`"${name}" is not read: it is ${foreign.what}`,
		{ next: foreign.next },
	);
}

const EDGE_BYTES = 65_536;

interface Edges {
	readonly head: Buffer;
	readonly tail: Buffer;
}

async function edgesOf(path: string): Promise<Edges> {
	const handle = await open(path, "r");
	try {
		const { size } = await handle.stat();
		const read = async (from: number) => {
			const { buffer, bytesRead } = await handle.read(
				Buffer.alloc(EDGE_BYTES),
				0,
				EDGE_BYTES,
				from,
			);
			return buffer.subarray(0, bytesRead);
		};
		const head = await read(0);
		return { head, tail: await read(Math.max(0, size - EDGE_BYTES)) };
	} finally {
		await handle.close();
	}
}

const COMPOUND = Buffer.from("d0cf11e0a1b11ae1", "hex");
const ZIP = Buffer.from("PK\u0003\u0004", "latin1");

function foreignByContent(
	edges: Edges,
	format: RowFile["format"] | undefined,
): Foreign | undefined {
	if (edges.head.subarray(0, 8).equals(COMPOUND)) return compound(edges);
	if (!edges.head.subarray(0, 4).equals(ZIP)) return undefined;
	return zipped(edges, format);
}

/** Names in the old container of Microsoft's programs are of two bytes a character. */
function compound({ head, tail }: Edges): Foreign {
	const has = (name: string) =>
		[head, tail].some((part) => part.includes(Buffer.from(name, "utf16le")));
	return has("EncryptedPackage") && !has("Workbook")
		? {
				what: "a workbook that is protected by a password",
				next: "Open it in the spreadsheet program, save a copy without a password and import that.",
			}
		: {
				what: "an old Excel workbook (.xls), whatever its name ends in",
				next: SAVE_AS,
			};
}

/** Members of other programs' files, of which one is in each. */
const MEMBERS: readonly (readonly [string, string])[] = [
	["application/vnd.oasis.opendocument", NOT_READ.ods as string],
	["Index/Document.iwa", NOT_READ.numbers as string],
	["Index.zip", NOT_READ.numbers as string],
	["xl/workbook.bin", NOT_READ.xlsb as string],
];

function zipped(
	{ head, tail }: Edges,
	format: RowFile["format"] | undefined,
): Foreign | undefined {
	const has = (text: string) => head.includes(text) || tail.includes(text);
	const what = MEMBERS.find(([member]) => has(member))?.[1];
	if (what !== undefined) return { what, next: SAVE_AS };
	if (format === "xlsx" || format === undefined) return undefined;
	return has("xl/workbook.xml") || has("xl/worksheets/")
		? {
				what: "an Excel workbook (.xlsx), and its name ends in something else",
				next: "Give its name the ending .xlsx.",
			}
		: {
				what: "a zip archive",
				next: "Unpack it and import the file that is in it.",
			};
}
