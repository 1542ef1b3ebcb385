import type { FakeRequest } from "../fake.js";

/** The parts of a form by name. A file part may come without a file name. */
export function multipartOf(
	request: FakeRequest,
): ReadonlyMap<string, Buffer> | undefined {
	const type = request.headers["content-type"] ?? "";
	const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(
		type,
	)?.[1];
	if (boundary === undefined) return undefined;
	const parts = new Map<string, Buffer>();
	const { body } = request;
	const mark = Buffer.from(`--${boundary}`);
	let start = body.indexOf(mark);
	while (start >= 0) {
		const end = body.indexOf(mark, start + mark.length);
		if (end < 0) break;
		// Between the marks: line end, head, empty line, content, line end.
		const part = body.subarray(start + mark.length + 2, end - 2);
		const gap = part.indexOf("\r\n\r\n");
		if (gap >= 0) {
			const head = part.subarray(0, gap).toString("utf8");
			const name = /\bname="([^"]*)"/i.exec(
				head.replace(/filename\*?=("[^"]*"|\S+)/i, ""),
			)?.[1];
			if (name !== undefined) parts.set(name, part.subarray(gap + 4));
		}
		start = end;
	}
	return parts;
}
