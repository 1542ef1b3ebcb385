import type { Adapter } from "../../core/contract/adapter.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Attachment } from "../../core/contract/field.js";
import { download, upload } from "../../http/download.js";
import { fileBody, multipart } from "../../http/multipart.js";
import { list, number, text } from "../kit/answer.js";
import { sentFile } from "../kit/cells.js";
import { linkOptions } from "../kit/links.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";

import { at } from "./records.js";

/** The limit of a file that the server itself states. Source: "room-server 1.10.0". */
const MAX_FILE_BYTES = 1024 ** 3;
/** The server takes bodies up to 100 MiB; larger files go to the storage by a signed link. */
const MAX_BODY_BYTES = 90 * 1024 ** 2;

/** `sent`: token to name of every file that was sent. */
export function fileMethods(
	api: Api,
	sent: Map<string, string>,
): Required<
	Pick<Adapter, "maxFileBytes" | "uploadFile" | "readFileLink" | "downloadFile">
> {
	return {
		maxFileBytes: MAX_FILE_BYTES,
		async uploadFile({ ref }, _field, file, context, progress) {
			const watched = {
				...file,
				async read(start: number, end: number) {
					const bytes = await file.read(start, end);
					progress(end);
					return bytes;
				},
			};
			if (file.size > MAX_BODY_BYTES) {
				const { results } = await api.call(
					calls.presignUpload,
					{ ...at(ref), query: [["count", "1"]] },
					context,
				);
				const prepared = list(results)[0] ?? {};
				const token = text(prepared.token) ?? "";
				await upload(
					text(prepared.uploadUrl) ?? "",
					fileBody(watched),
					await linkOptions(api, context),
				);
				sent.set(token, file.name);
				return sentFile(file, token);
			}
			const boundary = `tables-mcp-${Array.from({ length: 4 }, () => Math.floor(api.services.random() * 0xffffffff).toString(16)).join("")}`;
			const data = await api.call(
				calls.uploadAttachment,
				{
					...at(ref),
					body: multipart({}, { ...watched, field: "file" }, boundary),
				},
				context,
			);
			const name = text(data.name) ?? file.name;
			const token = text(data.token) ?? "";
			sent.set(token, name);
			return {
				name,
				size: number(data.size) ?? file.size,
				type: text(data.mimeType) ?? file.type,
				token,
				url: text(data.url) ?? null,
			};
		},
		readFileLink: async (_table, { attachment }) => attachment.url ?? undefined,
		downloadFile: async (_table, { attachment }, context) =>
			download(linkOf(attachment), await linkOptions(api, context)),
	};
}

function linkOf({ name, url }: Attachment): string {
	if (url !== null) return url;
	throw new TablesError("not_found", `the vendor gives no link for "${name}"`);
}
