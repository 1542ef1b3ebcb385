import type { ColumnLook } from "../../core/contract/files.js";
import { escapedAttribute, XML_HEAD } from "./xml.js";

/* How the cells of a spreadsheet look that this server writes: fixed styles, and one for each number format. */

/** Places in the list of styles. */
export const STYLE = { general: 0, header: 1, text: 2, link: 3 } as const;
const FORMATS_FROM = 4;
/** Numbers below belong to formats that a workbook does not spell out. */
const FIRST_FORMAT_ID = 164;

/** Number formats by their place: codes as a spreadsheet has them. */
export const CODES = {
	day: "yyyy-mm-dd",
	minute: "yyyy-mm-dd hh:mm",
	second: "yyyy-mm-dd hh:mm:ss",
	millisecond: "yyyy-mm-dd hh:mm:ss.000",
	percent: "0.0%",
} as const;

/** The number format of a column's numbers; undefined: as they are. */
export function codeOf(look: ColumnLook): string | undefined {
	switch (look.as) {
		case "percent":
			return CODES.percent;
		case "currency":
			return currencyCode(look.currency);
		case "number":
			return look.format;
		default:
			return undefined;
	}
}

/** Signs are quoted: alone, some are part of a format. */
function currencyCode(currency: string | undefined): string {
	if (currency === undefined) return "#,##0.00";
	const isCode = /^[A-Za-z]{3}$/.test(currency);
	const { sign, digits } = isCode
		? signOf(currency)
		: { sign: currency, digits: 2 };
	const quoted = sign.replaceAll('"', "").replace(/\s+/g, " ").slice(0, 20);
	const decimals = digits > 0 ? `.${"0".repeat(digits)}` : "";
	const space = /\p{L}$/u.test(quoted) ? " " : "";
	return `"${quoted}${space}"#,##0${decimals}`;
}

function signOf(currency: string): { sign: string; digits: number } {
	const format = new Intl.NumberFormat("en", {
		style: "currency",
		currency,
		currencyDisplay: "narrowSymbol",
	});
	return {
		sign:
			format.formatToParts(0).find(({ type }) => type === "currency")?.value ??
			currency,
		digits: format.resolvedOptions().maximumFractionDigits ?? 2,
	};
}

/** Number formats that are added as they are needed, and the place of each in the list of styles. */
export function formatList(known: readonly string[]): {
	readonly codes: readonly string[];
	styleOf(code: string): number;
} {
	const codes = [...known];
	return {
		codes,
		styleOf(code) {
			let index = codes.indexOf(code);
			if (index < 0) index = codes.push(code) - 1;
			return FORMATS_FROM + index;
		},
	};
}

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const FONT = '<sz val="11"/><name val="Calibri"/><family val="2"/>';

/** The part of a workbook that lists these formats behind the fixed styles. */
export function stylesXml(codes: readonly string[]): string {
	const formats = codes.map(
		(code, index) =>
			`<numFmt numFmtId="${FIRST_FORMAT_ID + index}" formatCode="${escapedAttribute(code)}"/>`,
	);
	const numbered = codes.map(
		(_, index) =>
			`<xf numFmtId="${FIRST_FORMAT_ID + index}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`,
	);
	return (
		`${XML_HEAD}<styleSheet xmlns="${MAIN}">` +
		`<numFmts count="${formats.length}">${formats.join("")}</numFmts>` +
		`<fonts count="3"><font>${FONT}</font><font><b/>${FONT}</font><font><u/><sz val="11"/><color rgb="FF0563C1"/><name val="Calibri"/><family val="2"/></font></fonts>` +
		'<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
		'<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
		'<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
		`<cellXfs count="${FORMATS_FROM + numbered.length}">` +
		'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>' +
		'<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>' +
		'<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' +
		'<xf numFmtId="49" fontId="2" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>' +
		`${numbered.join("")}</cellXfs>` +
		'<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
	);
}
