import type { FakeRequest, FakeResponse } from "../fake.js";
import {
	badInput,
	type Call,
	type Handler,
	permissionAt,
	sightOf,
	tableOf,
} from "./call.js";
import { attachmentJson } from "./cells.js";
import type { Asset, Table } from "./model.js";
import { textParameter } from "./query.js";
import { badShape, Hang, refusals, tip } from "./refusal.js";
import type { Store } from "./store.js";

const MOST_PRESIGNED = 20;

function editableTable(call: Call): Table {
	const table = tableOf(call);
	const permission = permissionAt(call, table.id);
	if (permission < 0 || permission > 2) throw refusals.noNodePermission();
	return table;
}

/** `space/2024/03/12/<32 hexadecimal digits>` */
function newToken(store: Store): string {
	const day = new Date(store.clock.now()).toISOString().slice(0, 10);
	return `space/${day.replaceAll("-", "/")}/${store.identifiers.hex(32)}`;
}

/** Stores a file. @throws Refusal 426 beyond the size of a file or of the space */
export function newAsset(
	store: Store,
	spaceId: string,
	given: { name: string; mimeType: string; bytes: Uint8Array },
): Asset {
	const asset: Asset = { token: newToken(store), spaceId, ...given };
	put(store, asset, given.bytes, given.mimeType);
	store.assets.set(asset.token, asset);
	return asset;
}

function put(
	store: Store,
	asset: Asset,
	bytes: Uint8Array,
	mimeType: string,
): void {
	const { switches } = store;
	const space = store.spaces.get(asset.spaceId);
	const used = space?.storageBytes ?? 0;
	if (
		bytes.length > switches.attachmentBytes ||
		used + bytes.length > switches.storageBytes
	)
		throw tip("Failed to upload the attachment", 426);
	if (space !== undefined) space.storageBytes += bytes.length;
	asset.bytes = bytes;
	asset.mimeType = mimeType;
	const size = pixels(bytes);
	if (size !== undefined) {
		asset.width = size.width;
		asset.height = size.height;
	}
}

/** The size of a PNG or GIF. */
function pixels(
	bytes: Uint8Array,
): { width: number; height: number } | undefined {
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (buffer.length >= 24 && buffer.toString("latin1", 1, 4) === "PNG")
		return { width: buffer.readUInt32BE(16), height: buffer.readUInt32BE(20) };
	if (buffer.length >= 10 && buffer.toString("latin1", 0, 3) === "GIF")
		return { width: buffer.readUInt16LE(6), height: buffer.readUInt16LE(8) };
	return undefined;
}

/** Multipart: the first part with a file name is taken, whatever its field is called. */
export const uploadAttachment: Handler = (call) => {
	const table = editableTable(call);
	const type = call.request.headers["content-type"] ?? "";
	const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(
		type,
	)?.[1];
	if (boundary === undefined) throw tip("Attachment name can't be empty");
	const file = firstFile(call.request.body, boundary);
	if (file === undefined) throw new Hang();
	const asset = newAsset(call.store, table.spaceId, file);
	return { status: 201, body: attachmentJson(asset, sightOf(call, table)) };
};

function firstFile(
	body: Buffer,
	boundary: string,
): { name: string; mimeType: string; bytes: Uint8Array } | undefined {
	const mark = Buffer.from(`--${boundary}`);
	let start = body.indexOf(mark);
	while (start >= 0) {
		const head = start + mark.length + 2;
		const gap = body.indexOf("\r\n\r\n", head);
		if (gap < 0) return undefined;
		const end = body.indexOf(Buffer.from(`\r\n--${boundary}`), gap);
		if (end < 0) return undefined;
		const headers = body.toString("utf8", head, gap);
		const name = fileName(headers);
		if (name !== undefined)
			return {
				name,
				mimeType:
					/^content-type:\s*([^;\r\n]+)/im.exec(headers)?.[1]?.trim() ??
					"application/octet-stream",
				bytes: body.subarray(gap + 4, end),
			};
		start = end + 2;
	}
	return undefined;
}

function fileName(headers: string): string | undefined {
	const encoded = /filename\*=UTF-8''([^;\r\n]+)/i.exec(headers)?.[1];
	if (encoded !== undefined) return decodeURIComponent(encoded);
	return /filename="((?:[^"\\]|\\.)*)"/i
		.exec(headers)?.[1]
		?.replace(/\\(.)/g, "$1")
		.replaceAll("%22", '"');
}

export const presignedUrls: Handler = (call) => {
	const table = editableTable(call);
	const given = textParameter(call.query.count);
	const count = given === undefined ? 1 : Number(given);
	if (!(count <= MOST_PRESIGNED))
		throw badInput(
			call,
			badShape(`count must not be greater than ${MOST_PRESIGNED}`),
		);
	if (!(count >= 1))
		throw badInput(call, badShape("count must not be less than 1"));
	const { store } = call;
	const results = Array.from({ length: Math.floor(count) }, () => {
		const token = newToken(store);
		store.assets.set(token, {
			token,
			spaceId: table.spaceId,
			name: "",
			mimeType: "application/octet-stream",
		});
		const origin = store.switches.storageOrigin ?? call.request.origin;
		return {
			token,
			uploadUrl: `${origin}/${token}?X-Signature=${store.identifiers.hex(16)}`,
			uploadRequestMethod: "PUT",
		};
	});
	return { body: { results } };
};

const plain = (status: number, text: string): FakeResponse => ({
	status,
	headers: { "content-type": "text/plain" },
	body: text,
});

/** The storage host behind the URLs: PUT of a presigned URL, GET of an attachment. Undefined: not its path. */
export function storage(
	store: Store,
	request: FakeRequest,
): FakeResponse | undefined {
	if (!request.path.startsWith("/space/")) return undefined;
	const asset = store.assets.get(request.path.slice(1));
	if (asset === undefined) return plain(404, "NoSuchKey");
	if (request.method === "PUT") {
		if (!request.query.includes("X-Signature="))
			return plain(403, "AccessDenied");
		put(
			store,
			asset,
			request.body,
			request.headers["content-type"] ?? "application/octet-stream",
		);
		return { status: 200, headers: { etag: `"${asset.token.slice(-32)}"` } };
	}
	if (asset.bytes === undefined) return plain(404, "NoSuchKey");
	if (request.method !== "GET" && request.method !== "HEAD")
		return plain(405, "MethodNotAllowed");
	return {
		status: 200,
		headers: { "content-type": asset.mimeType },
		...(request.method === "GET" ? { body: asset.bytes } : {}),
	};
}
