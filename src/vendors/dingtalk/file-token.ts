/*
 * A file's token holds all that a cell is written with: the vendor itself keeps a place for the bytes and a path.
 * Source: "Upload attachment".
 */

/** An uploaded file as a cell takes it. */
export interface UploadedFile {
	readonly filename: string;
	readonly size: number;
	/** MIME type. */
	readonly type: string;
	/** The path that the vendor gave, not the link that the bytes went to. */
	readonly url: string;
	readonly resourceId: string;
}

/** All that a cell is written with, as one text. */
export function fileToken(file: UploadedFile): string {
	return new URLSearchParams({
		id: file.resourceId,
		url: file.url,
		size: String(file.size),
		type: file.type,
		name: file.filename,
	}).toString();
}

/** undefined: no token of ours. A name that is given goes before the one in the token. */
export function readFileToken(
	token: string,
	name: string,
): UploadedFile | undefined {
	const parts = new URLSearchParams(token);
	const [id, url, size, type, own] = ["id", "url", "size", "type", "name"].map(
		(key) => parts.get(key),
	);
	return id && url && size && type && own
		? {
				filename: name === "" ? own : name,
				size: Number(size),
				type,
				url,
				resourceId: id,
			}
		: undefined;
}

/** What a reader can do something with; the vendor shows a word such as `xls`, not a MIME type. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
	png: "image/png",
	jpg: "image/jpeg",
	jpeg: "image/jpeg",
	gif: "image/gif",
	webp: "image/webp",
	svg: "image/svg+xml",
	txt: "text/plain",
	md: "text/markdown",
	csv: "text/csv",
	html: "text/html",
	json: "application/json",
	xml: "application/xml",
	pdf: "application/pdf",
	zip: "application/zip",
	doc: "application/msword",
	docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	xls: "application/vnd.ms-excel",
	xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	ppt: "application/vnd.ms-powerpoint",
	pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	mp3: "audio/mpeg",
	mp4: "video/mp4",
};

/** MIME type by the file's name, else by the vendor's word, else that word. */
export function mediaType(
	name: string,
	word: string | undefined,
): string | null {
	if (word?.includes("/")) return word;
	const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
	return MEDIA_TYPES[extension] ?? MEDIA_TYPES[word ?? ""] ?? word ?? null;
}
