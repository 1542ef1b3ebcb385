/** A file to send, read piece by piece. */
export interface FilePart {
	readonly field: string;
	readonly name: string;
	readonly type: string;
	readonly size: number;
	/** Bytes from `start` up to but without `end`. */
	read(start: number, end: number): Promise<Uint8Array>;
}

/** What is sent, of a length that is known before. */
export interface Body {
	readonly type: string;
	readonly length: number;
	/** From its start, once for each attempt. */
	stream(): AsyncIterable<Uint8Array>;
}

const PIECE_BYTES = 1 << 20;

/** A `multipart/form-data` body of known length that never holds a file in memory. */
export function multipart(
	texts: Readonly<Record<string, string>>,
	file: FilePart,
	boundary: string,
): Body {
	const encoder = new TextEncoder();
	const head = encoder.encode(
		[
			...Object.entries(texts).map(
				([name, value]) =>
					`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
			),
			`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(file.field)}"; filename="${quoted(file.name)}"\r\nContent-Type: ${file.type}\r\n\r\n`,
		].join(""),
	);
	const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
	return {
		type: `multipart/form-data; boundary=${boundary}`,
		length: head.length + file.size + tail.length,
		async *stream() {
			yield head;
			yield* pieces(file);
			yield tail;
		},
	};
}

/** A file as the whole body. */
export function fileBody(file: Omit<FilePart, "field">): Body {
	return {
		type: file.type,
		length: file.size,
		stream: () => pieces(file),
	};
}

async function* pieces({
	size,
	read,
}: Pick<FilePart, "size" | "read">): AsyncIterable<Uint8Array> {
	for (let start = 0; start < size; start += PIECE_BYTES)
		yield await read(start, Math.min(size, start + PIECE_BYTES));
}

/** As browsers do it: the quote and line ends are percent-encoded. */
function quoted(text: string): string {
	return text
		.replaceAll("\r", "%0D")
		.replaceAll("\n", "%0A")
		.replaceAll('"', "%22");
}
