import { lookup } from "mrmime";
import type { FakeRequest, FakeResponse } from "../fake.js";
import { accessOf } from "./access.js";
import { type Call, isJson, type Json, Raw } from "./call.js";
import { Refusal } from "./codes.js";
import type { Base, Media } from "./model.js";
import { multipartOf } from "./multipart.js";
import type { Store } from "./store.js";

const MOST_BYTES = 20_971_520;
const BLOCK_BYTES = 4_194_304;
const DAY_MS = 86_400_000;
const MOST_NAME = 250;

/** As the upload's checksum: Adler-32 in decimal. */
export function adler32(bytes: Uint8Array): string {
	let one = 1;
	let two = 0;
	for (const byte of bytes) {
		one = (one + byte) % 65_521;
		two = (two + one) % 65_521;
	}
	return String(two * 65_536 + one);
}

export function newMedia(
	store: Store,
	baseToken: string,
	name: string,
	bytes: Uint8Array,
	given: { readonly token?: string; readonly mimeType?: string } = {},
): Media {
	const media: Media = {
		token: given.token ?? store.identifiers.token(),
		baseToken,
		name,
		mimeType: given.mimeType ?? lookup(name) ?? "application/octet-stream",
		bytes,
	};
	store.media.set(media.token, media);
	return media;
}

interface Description {
	readonly base: Base;
	readonly name: string;
	readonly size: number;
}

/** What both ways of uploading say of a file first. @throws Refusal */
function described(call: Call, read: (key: string) => unknown): Description {
	const { store, caller } = call;
	const name = read("file_name");
	if (typeof name !== "string" || name === "" || name.length > MOST_NAME)
		throw new Refusal(1061008);
	const type = read("parent_type");
	if (type !== "bitable_image" && type !== "bitable_file")
		throw new Refusal(1061002);
	const size = Number(read("size"));
	if (!Number.isInteger(size) || size < 0) throw new Refusal(1061002);
	const base = store.bases.get(String(read("parent_node")));
	if (base === undefined) throw new Refusal(1061044);
	const level = accessOf(store, base, caller);
	if (level === undefined || level === "view") throw new Refusal(1061004);
	if (base.embedded && routeOf(read("extra")) !== base.token)
		throw new Refusal(1061044);
	return { base, name, size };
}

function routeOf(extra: unknown): unknown {
	try {
		const parsed: unknown = JSON.parse(String(extra));
		return isJson(parsed) ? parsed.drive_route_token : undefined;
	} catch {
		return undefined;
	}
}

function checkContent(
	parts: ReadonlyMap<string, Buffer>,
	size: number,
): Buffer {
	const file = parts.get("file");
	if (file === undefined) throw new Refusal(1061002);
	if (file.length !== size) throw new Refusal(1062009);
	const checksum = parts.get("checksum")?.toString("utf8");
	if (checksum !== undefined && checksum !== "" && checksum !== adler32(file))
		throw new Refusal(1062008);
	return Buffer.from(file);
}

/** @throws Refusal 1061002 when the body is not a form */
function partsOf(call: Call): ReadonlyMap<string, Buffer> {
	const parts = multipartOf(call.request);
	if (parts === undefined) throw new Refusal(1061002);
	return parts;
}

export function uploadAll(call: Call): Json {
	const parts = partsOf(call);
	const { base, name, size } = described(call, (key) =>
		parts.get(key)?.toString("utf8"),
	);
	if (size > MOST_BYTES) throw new Refusal(1061043);
	const file = checkContent(parts, size);
	return { file_token: newMedia(call.store, base.token, name, file).token };
}

export function prepareUpload(call: Call): Json {
	const { store, caller, body } = call;
	const { base, name, size } = described(call, (key) => body[key]);
	if (size === 0) throw new Refusal(1061002);
	const id = `7${[...store.identifiers.hex(18)].map((each) => Number.parseInt(each, 16) % 10).join("")}`;
	const blockCount = Math.ceil(size / BLOCK_BYTES);
	store.uploads.set(id, {
		id,
		baseToken: base.token,
		name,
		size,
		blockCount,
		blocks: new Map(),
		owner: caller.openId,
		expiresAtMs: store.clock.now() + DAY_MS,
	});
	return { upload_id: id, block_size: BLOCK_BYTES, block_num: blockCount };
}

/** @throws Refusal 1061021 gone, 1062007 of another caller */
function uploadOf(call: Call, id: unknown) {
	const upload = call.store.uploads.get(String(id));
	if (upload === undefined || upload.expiresAtMs <= call.store.clock.now())
		throw new Refusal(1061021);
	if (upload.owner !== call.caller.openId) throw new Refusal(1062007);
	return upload;
}

export function uploadPart(call: Call): Json {
	const parts = partsOf(call);
	const read = (key: string) => parts.get(key)?.toString("utf8");
	const upload = uploadOf(call, read("upload_id"));
	const sequence = Number(read("seq"));
	const size = Number(read("size"));
	if (!Number.isInteger(sequence) || !Number.isInteger(size))
		throw new Refusal(1061002);
	if (sequence < 0 || sequence >= upload.blockCount) throw new Refusal(1062011);
	const file = checkContent(parts, size);
	const expected =
		sequence === upload.blockCount - 1
			? upload.size - sequence * BLOCK_BYTES
			: BLOCK_BYTES;
	if (size !== expected) throw new Refusal(1062009);
	upload.blocks.set(sequence, file);
	return {};
}

export function finishUpload(call: Call): Json {
	const { store, body } = call;
	const upload = uploadOf(call, body.upload_id);
	if (body.block_num !== upload.blockCount) throw new Refusal(1062011);
	if (upload.blocks.size < upload.blockCount) throw new Refusal(1062010);
	const blocks = [...upload.blocks]
		.sort(([one], [two]) => one - two)
		.map(([, block]) => block);
	store.uploads.delete(upload.id);
	return {
		file_token: newMedia(
			store,
			upload.baseToken,
			upload.name,
			Buffer.concat(blocks),
		).token,
	};
}

/** A file that the caller may read. @throws Refusal 1061003, 1061004 */
function readable(call: Call, token: string): Media {
	const { store, caller } = call;
	const media = store.media.get(token);
	if (media === undefined) throw new Refusal(1061003);
	const base = store.bases.get(media.baseToken);
	if (base === undefined) throw new Refusal(1061007);
	if (accessOf(store, base, caller) === undefined) throw new Refusal(1061004);
	if (base.isAdvanced && !isPermitted(base, media, call.query.get("extra")))
		throw new Refusal(1061004);
	return media;
}

/** With advanced permissions: the table and a revision of it, or the very cell that holds the file. */
function isPermitted(base: Base, media: Media, extra: string | null): boolean {
	let parsed: unknown;
	try {
		parsed = JSON.parse(extra ?? "");
	} catch {
		return false;
	}
	const permission = isJson(parsed) ? parsed.bitablePerm : undefined;
	if (!isJson(permission)) return false;
	const table = base.tables.get(String(permission.tableId));
	if (table === undefined) return false;
	if (typeof permission.rev === "number") return true;
	if (!isJson(permission.attachments)) return false;
	return Object.entries(permission.attachments).some(
		([fieldId, rows]) =>
			isJson(rows) &&
			Object.entries(rows).some(
				([rowId, tokens]) =>
					Array.isArray(tokens) &&
					tokens.includes(media.token) &&
					(
						(table.rows.get(rowId)?.cells.get(fieldId) ??
							[]) as readonly string[]
					).includes(media.token),
			),
	);
}

function content(media: Media, request: FakeRequest): FakeResponse {
	const name = encodeURIComponent(media.name);
	const headers = {
		"content-type": media.mimeType,
		"content-disposition": `attachment; filename="${name}"; filename*=UTF-8''${name}`,
	};
	const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
	if (range === null) return { status: 200, headers, body: media.bytes };
	const { length } = media.bytes;
	const first = Number(range[1]);
	const last = Math.min(
		range[2] === "" ? length : Number(range[2]),
		length - 1,
	);
	if (first > last) return { status: 416, headers };
	return {
		status: 206,
		headers: {
			...headers,
			"content-range": `bytes ${first}-${last}/${length}`,
		},
		body: media.bytes.subarray(first, last + 1),
	};
}

export function downloadMedia(call: Call): Raw {
	return new Raw(
		content(readable(call, call.at.file_token ?? ""), call.request),
	);
}

const MOST_TOKENS = 5;
const TEMPORARY_PATH = "/space/api/box/stream/download/authcode/";

export function temporaryUrls(call: Call): Json {
	const { store, query, request } = call;
	const tokens = query.getAll("file_tokens");
	if (tokens.length === 0 || tokens.length > MOST_TOKENS)
		throw new Refusal(1061002);
	return {
		tmp_download_urls: tokens.map((token) => {
			const media = readable(call, token);
			const code = store.identifiers.hex(32);
			store.temporaryLinks.set(code, {
				media: media.token,
				expiresAtMs: store.clock.now() + DAY_MS,
			});
			return {
				file_token: token,
				tmp_download_url: `${request.origin}${TEMPORARY_PATH}?code=${code}`,
			};
		}),
	};
}

/** The address behind a temporary link; it takes no token. */
export function temporaryDownload(
	store: Store,
	request: FakeRequest,
): FakeResponse | undefined {
	if (request.path !== TEMPORARY_PATH || request.method !== "GET")
		return undefined;
	const code = new URLSearchParams(request.query).get("code") ?? "";
	const link = store.temporaryLinks.get(code);
	const media = store.media.get(link?.media ?? "");
	if (media === undefined || (link?.expiresAtMs ?? 0) <= store.clock.now())
		return { status: 403, body: "forbidden" };
	return content(media, request);
}
