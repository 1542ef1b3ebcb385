import { crc32, inflateRawSync } from "node:zlib";

/*
 * Workbooks written part by part, as other programs write them, and unpacked again: so that reading and writing are
 * not proved by the library that does both.
 */

/** A ZIP archive of stored files. */
export function zip(files: Readonly<Record<string, string>>): Buffer {
	const parts: Buffer[] = [];
	const directory: Buffer[] = [];
	let offset = 0;
	for (const [name, text] of Object.entries(files)) {
		const bytes = Buffer.from(text);
		const common = Buffer.alloc(26);
		common.writeUInt16LE(20, 0);
		common.writeUInt32LE(crc32(bytes), 10);
		common.writeUInt32LE(bytes.length, 14);
		common.writeUInt32LE(bytes.length, 18);
		common.writeUInt16LE(Buffer.byteLength(name), 22);
		const local = Buffer.concat([
			Buffer.from("PK\u0003\u0004"),
			common,
			Buffer.from(name),
			bytes,
		]);
		const entry = Buffer.alloc(14);
		entry.writeUInt32LE(offset, 10);
		directory.push(
			Buffer.concat([
				Buffer.from("PK\u0001\u0002"),
				Buffer.from([20, 0]),
				common,
				entry,
				Buffer.from(name),
			]),
		);
		parts.push(local);
		offset += local.length;
	}
	const central = Buffer.concat(directory);
	const end = Buffer.alloc(22);
	end.write("PK\u0005\u0006", 0, "latin1");
	end.writeUInt16LE(directory.length, 8);
	end.writeUInt16LE(directory.length, 10);
	end.writeUInt32LE(central.length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...parts, central, end]);
}

/** The files of a ZIP archive as text, by its central directory. */
export function unzip(bytes: Buffer): Map<string, string> {
	const end = bytes.lastIndexOf("PK\u0005\u0006", undefined, "latin1");
	const files = new Map<string, string>();
	let at = bytes.readUInt32LE(end + 16);
	for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
		const method = bytes.readUInt16LE(at + 10);
		const size = bytes.readUInt32LE(at + 20);
		const nameLength = bytes.readUInt16LE(at + 28);
		const rest = bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
		const local = bytes.readUInt32LE(at + 42);
		const start =
			local +
			30 +
			bytes.readUInt16LE(local + 26) +
			bytes.readUInt16LE(local + 28);
		const stored = bytes.subarray(start, start + size);
		files.set(
			bytes.toString("utf8", at + 46, at + 46 + nameLength),
			(method === 0 ? stored : inflateRawSync(stored)).toString("utf8"),
		);
		at += 46 + nameLength + rest;
	}
	return files;
}

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const OFFICE =
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** Styles by number: 0 general, 1 date, 2 date and time, 3 percent, 4 text. */
const STYLES = `${HEAD}<styleSheet xmlns="${MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="10" applyNumberFormat="1"/><xf numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>`;

function stylesWith(format: string | readonly [string, string]): string {
	const [first, second] = typeof format === "string" ? [] : format;
	const styles = STYLES.replace(
		"yyyy\\-mm\\-dd\\ hh:mm",
		() => second ?? (format as string),
	);
	return first === undefined
		? styles
		: styles
				.replace('<numFmts count="1">', '<numFmts count="2">')
				.replace(
					"</numFmts>",
					() => `<numFmt numFmtId="165" formatCode="${first}"/></numFmts>`,
				)
				.replace('<xf numFmtId="14"', '<xf numFmtId="165"');
}

/** Sheets by name, each the XML of its rows, as a spreadsheet program saves them. */
export function workbook(
	sheets: Readonly<Record<string, string>>,
	sharedStrings: readonly string[] = [],
	date1904 = false,
	/** Of dates with a time, the format of style 2; of two, the first is that of style 1. */
	format: string | readonly [string, string] = "yyyy\\-mm\\-dd\\ hh:mm",
): Buffer {
	const names = Object.keys(sheets);
	return zip({
		"[Content_Types].xml": `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>${names.map((_, index) => `<Override PartName="/xl/worksheets/sheet${index + 1}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`).join("")}<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>`,
		"_rels/.rels": `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><workbookPr${date1904 ? ' date1904="1"' : ""}/><sheets>${names.map((name, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`).join("")}</sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${names.map((_, index) => `<Relationship Id="rId${index + 1}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${index + 1}.xml"/>`).join("")}<Relationship Id="rId90" Type="${OFFICE}/styles" Target="styles.xml"/><Relationship Id="rId91" Type="${OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/styles.xml": stylesWith(format),
		"xl/sharedStrings.xml": `${HEAD}<sst xmlns="${MAIN}" count="${sharedStrings.length}" uniqueCount="${sharedStrings.length}">${sharedStrings.map((text) => `<si>${text.startsWith("<") ? text : `<t xml:space="preserve">${text}</t>`}</si>`).join("")}</sst>`,
		...Object.fromEntries(
			Object.values(sheets).map((rows, index) => [
				`xl/worksheets/sheet${index + 1}.xml`,
				`${HEAD}<worksheet xmlns="${MAIN}"><sheetData>${rows}</sheetData></worksheet>`,
			]),
		),
	});
}

/** A workbook of one sheet with links: XML of `hyperlink` elements, and the addresses by the id of their relation. */
export function linkedWorkbook(
	rows: string,
	links: string,
	addresses: Readonly<Record<string, string>>,
): Buffer {
	const parts = unzip(workbook({ S: rows }));
	const sheet = "xl/worksheets/sheet1.xml";
	const linked = (parts.get(sheet) ?? "")
		.replace("<worksheet ", `<worksheet xmlns:r="${OFFICE}" `)
		.replace("</sheetData>", `</sheetData><hyperlinks>${links}</hyperlinks>`);
	return zip({
		...Object.fromEntries(parts),
		[sheet]: linked,
		"xl/worksheets/_rels/sheet1.xml.rels": `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${Object.entries(
			addresses,
		)
			.map(
				([id, address]) =>
					`<Relationship Id="${id}" Type="${OFFICE}/hyperlink" Target="${address}" TargetMode="External"/>`,
			)
			.join("")}</Relationships>`,
	});
}
