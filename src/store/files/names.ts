import { extname } from "node:path";
import { withoutEnd } from "../../core/values/ends.js";

/** What file systems allow: bytes of UTF-8 on most, and never fewer on those that count otherwise. */
export const NAME_BYTES = 255;
/** An ending that is longer is part of a sentence. */
const ENDING_BYTES = 32;

/** Names that Windows keeps for devices, whatever their ending. */
const DEVICES =
	/^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(?=\.|$)/i;
/** What no name may hold on some system, and what makes it look like another: controls, direction marks, line ends. */
const FORBIDDEN = /[/\\:*?"<>|\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/** A name from outside as one that is only a name, on every system, and at most 255 bytes long. */
export function safeName(name: string): string {
	const cleaned = name
		.toWellFormed()
		.normalize("NFC")
		.replace(FORBIDDEN, "_")
		.replace(/^\.+/, "_")
		.replace(/^\s+/, "")
		.replace(DEVICES, "_$&");
	const fitted = withoutTail(numberedName(withoutTail(cleaned), 1));
	return fitted === "" ? "attachment" : fitted;
}

/** The n-th name like this, `photo.png`, `photo-2.png`; cut before its ending where it would be too long. */
export function numberedName(name: string, number: number): string {
	const [stem, ending] = parted(name);
	const tail = `${number === 1 ? "" : `-${number}`}${ending}`;
	if (Buffer.byteLength(stem) + Buffer.byteLength(tail) <= NAME_BYTES)
		return `${stem}${tail}`;
	// Of `orders.csv.problems.csv` and `source.tar.gz` both endings say what it is.
	const [start, inner] = parted(stem);
	const most = NAME_BYTES - Buffer.byteLength(inner) - Buffer.byteLength(tail);
	return `${cutToBytes(start, most)}${inner}${tail}`;
}

function parted(name: string): readonly [stem: string, ending: string] {
	const ending = extname(name);
	return ending === "" || Buffer.byteLength(ending) > ENDING_BYTES
		? [name, ""]
		: [name.slice(0, -ending.length), ending];
}

/** Windows drops dots and spaces at the end, so that two names would be one. */
function withoutTail(name: string): string {
	return withoutEnd(name, /[.\s]/);
}

/** As many whole characters, as a reader counts them, as fit. */
function cutToBytes(text: string, most: number): string {
	if (Buffer.byteLength(text) <= most) return text;
	let bytes = 0;
	let cut = "";
	for (const { segment } of new Intl.Segmenter().segment(text)) {
		bytes += Buffer.byteLength(segment);
		if (bytes > most) break;
		cut += segment;
	}
	// One character with hundreds of marks: it is cut between them.
	return cut === "" ? cutToPoints(text, most) : cut;
}

function cutToPoints(text: string, most: number): string {
	let bytes = 0;
	let cut = "";
	for (const point of text) {
		bytes += Buffer.byteLength(point);
		if (bytes > most) break;
		cut += point;
	}
	return cut;
}
