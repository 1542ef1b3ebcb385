import type { FakeResponse } from "../fake.js";
import {
	accessTo,
	bodyOf,
	type Call,
	type Handler,
	type RawHandler,
} from "./call.js";
import type { Resource } from "./model.js";
import { refusals } from "./refusal.js";
import { isGoodLink, signedLink } from "./signed-links.js";
import type { Store } from "./store.js";

/** Registers a file of a document; its bytes may follow. */
export function newResource(
	store: Store,
	given: { docId: string; name: string; mediaType: string; size: number },
): Resource {
	const id = store.identifiers.uuid();
	const resource: Resource = {
		...given,
		id,
		url: `/core/api/resources/img/${store.identifiers.hex(40)}`,
	};
	store.resources.set(id, resource);
	return resource;
}

/** The document of the path, in the codes of the document family. @throws Refusal 404, 403 */
function checkDocument(call: Call, needsEdit: boolean): string {
	const id = call.at.doc ?? "";
	const base = call.store.bases.get(id);
	if (base === undefined && !call.store.nodes.has(id))
		throw refusals.docNotExist();
	const access = base === undefined ? "manage" : accessTo(base, call.operator);
	if (access === undefined || (needsEdit && access === "read"))
		throw refusals.permissionDenied();
	return id;
}

/** Step 1 of an upload. */
export const uploadInfo: Handler = (call) => {
	const { store } = call;
	const docId = checkDocument(call, true);
	const { size, mediaType, resourceName } = bodyOf(call);
	if (typeof size !== "number" || !Number.isInteger(size) || size < 0)
		throw refusals.paramError("size must be a number of bytes");
	if (typeof mediaType !== "string" || mediaType === "")
		throw refusals.paramError("mediaType is required");
	if (typeof resourceName !== "string" || resourceName === "")
		throw refusals.paramError("resourceName is required");
	if (size > store.switches.attachmentBytes)
		throw refusals.paramError(
			`size is over ${store.switches.attachmentBytes} bytes`,
		);
	const resource = newResource(store, {
		docId,
		name: resourceName,
		mediaType,
		size,
	});
	return {
		success: true,
		result: {
			uploadUrl: signedLink(store, call.request.origin, "upload", resource.id),
			resourceId: resource.id,
			resourceUrl: resource.url,
		},
	};
};

export const downloadInfo: Handler = (call) => {
	const docId = checkDocument(call, false);
	const resource = call.store.resources.get(call.at.resource ?? "");
	if (resource?.bytes === undefined || resource.docId !== docId)
		throw refusals.docNotExist();
	return {
		success: true,
		result: {
			downloadUrl: signedLink(
				call.store,
				call.request.origin,
				"download",
				resource.id,
			),
			resourceName: resource.name,
			size: resource.bytes.length,
		},
	};
};

/** Images of a rich text are uploaded one by one; the text then points to them. */
export const prepareSetRichText: Handler = (call) => {
	const { store } = call;
	const { markdown = "" } = bodyOf(call);
	if (typeof markdown !== "string")
		throw refusals.badInput("markdown must be a text");
	const uploadInfos: unknown[] = [];
	const prepared = markdown.replace(
		/!\[([^\]]*)\]\(([^)\s]+)\)/g,
		(_image, alt: string, source: string) => {
			const resource = newResource(store, {
				docId: call.at.base ?? "",
				name: source.split("/").at(-1) ?? source,
				mediaType: "application/octet-stream",
				size: 0,
			});
			uploadInfos.push({
				resourceId: resource.id,
				resourceUrl: resource.url,
				uploadUrl: signedLink(
					store,
					call.request.origin,
					"upload",
					resource.id,
				),
			});
			return `![${alt}](${resource.url})`;
		},
	);
	return { markdown: prepared, uploadInfos };
};

const failed = (status: number, code: string): FakeResponse => ({
	status,
	headers: { "content-type": "application/xml" },
	body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`,
});

/** The storage host behind the signed links. Undefined: not its path. */
export const storage: RawHandler = (store, request) => {
	const match = /^\/files\/(upload|download|import)\/([^/]+)$/.exec(
		request.path,
	);
	if (match === null) return undefined;
	const [, purpose = "", id = ""] = match;
	const query = new URLSearchParams(request.query);
	if (!isGoodLink(store, purpose as "upload", id, query))
		return failed(403, "AccessDenied");
	if (purpose === "import") {
		const job = store.imports.get(id);
		if (job === undefined) return failed(404, "NoSuchKey");
		if (request.method !== "PUT") return failed(405, "MethodNotAllowed");
		job.bytes = Buffer.from(request.body);
		return { status: 200 };
	}
	const resource = store.resources.get(id);
	if (resource === undefined) return failed(404, "NoSuchKey");
	return purpose === "upload"
		? uploaded(resource, request.method, request.headers, request.body)
		: downloaded(resource, request.method);
};

/** The signature covers the content type: another one is refused. */
function uploaded(
	resource: Resource,
	method: string,
	headers: Readonly<Record<string, string>>,
	body: Buffer,
): FakeResponse {
	if (method !== "PUT") return failed(405, "MethodNotAllowed");
	const type = headers["content-type"] ?? "";
	if (
		resource.mediaType !== "application/octet-stream" &&
		type.split(";")[0] !== resource.mediaType.split(";")[0]
	)
		return failed(403, "SignatureDoesNotMatch");
	resource.bytes = Buffer.from(body);
	return { status: 200 };
}

function downloaded(resource: Resource, method: string): FakeResponse {
	if (resource.bytes === undefined) return failed(404, "NoSuchKey");
	if (method !== "GET" && method !== "HEAD")
		return failed(405, "MethodNotAllowed");
	return {
		status: 200,
		headers: { "content-type": resource.mediaType },
		...(method === "GET" ? { body: resource.bytes } : {}),
	};
}
