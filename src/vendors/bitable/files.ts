import type { Adapter } from "../../core/contract/adapter.js";
import type { FileCell, FileSource } from "../../core/contract/attachments.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Table } from "../../core/contract/table.js";
import { download } from "../../http/download.js";
import { type FilePart, multipart } from "../../http/multipart.js";
import { list, number, text } from "../kit/answer.js";
import { sentFile } from "../kit/cells.js";
import { linkOptions } from "../kit/links.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import { judge } from "./failures.js";

/* Files of a base: uploaded whole up to 20 MiB, else in parts. Source: "Upload media (上传素材)", "Upload media in parts (分片上传素材)". */

const WHOLE_BYTES = 20 * 1024 ** 2;
/** The app's own limit of one attachment. */
const MAX_FILE_BYTES = 2 * 1024 ** 3;
const MOST_NAME = 250;

/** Uploads a file, and reads one of a cell. */
export function fileMethods(
	api: Api,
): Required<
	Pick<Adapter, "maxFileBytes" | "uploadFile" | "readFileLink" | "downloadFile">
> {
	const boundary = () => `tables-mcp-${api.uuid()}`;
	const send = async (
		endpoint: calls.BitableEndpoint,
		texts: Readonly<Record<string, string>>,
		file: FilePart,
		context: CallContext,
	) =>
		api.call(endpoint, { body: multipart(texts, file, boundary()) }, context);

	const whole = async (
		about: Readonly<Record<string, string>>,
		file: FilePart,
		context: CallContext,
		progress: (bytes: number) => void,
	) => {
		const data = await send(calls.uploadAll, about, file, context);
		progress(file.size);
		return data;
	};

	const inParts = async (
		about: Readonly<Record<string, string>>,
		file: FilePart,
		context: CallContext,
		progress: (bytes: number) => void,
	) => {
		const prepared = await api.call(
			calls.prepareUpload,
			{ json: { ...about, size: file.size } },
			context,
		);
		const upload_id = text(prepared.upload_id) ?? "";
		api.services.secrets.add(upload_id);
		const block = number(prepared.block_size) ?? 0;
		const block_num = number(prepared.block_num) ?? 0;
		for (let seq = 0; seq < block_num; seq++) {
			const start = seq * block;
			const end = Math.min(file.size, start + block);
			await send(
				calls.uploadPart,
				{ upload_id, seq: String(seq), size: String(end - start) },
				{
					...file,
					size: end - start,
					read: (from, to) => file.read(start + from, start + to),
				},
				context,
			);
			progress(end);
		}
		return api.call(
			calls.finishUpload,
			{ json: { upload_id, block_num } },
			context,
		);
	};

	return {
		maxFileBytes: MAX_FILE_BYTES,
		async uploadFile({ ref }, _field, file, context, progress) {
			const about = {
				file_name: shortName(file.name),
				parent_type: file.type.startsWith("image/")
					? "bitable_image"
					: "bitable_file",
				parent_node: ref.base,
				size: String(file.size),
				// For bases inside documents and wikis.
				extra: JSON.stringify({ drive_route_token: ref.base }),
			};
			const data = await (file.size > WHOLE_BYTES ? inParts : whole)(
				about,
				partOf(file),
				context,
				progress,
			);
			const token = text(data.file_token);
			if (token === undefined)
				throw new TablesError(
					"broken",
					`${api.title} took "${file.name}" and gave no token for it`,
					{ next: "Upload it again." },
				);
			return sentFile(file, token);
		},
		/** Opens for 24 hours without a credential. */
		async readFileLink(table, cell, context) {
			const token = tokenOf(cell);
			const data = await api.call(
				calls.readFileLinks,
				{
					query: [
						["file_tokens", token],
						["extra", extraOf(table, cell, token)],
					],
				},
				context,
			);
			return list(data.tmp_download_urls)
				.map(({ tmp_download_url }) => text(tmp_download_url))
				.find((link) => link !== undefined);
		},
		async downloadFile(table, cell, context) {
			const token = tokenOf(cell);
			const path = calls.DOWNLOAD_PATH.replace(
				"{token}",
				encodeURIComponent(token),
			);
			return download(
				`${api.origin}${path}?extra=${encodeURIComponent(extraOf(table, cell, token))}`,
				{
					...(await linkOptions(api, context)),
					headers: await api.authorize(),
					judge(answer) {
						const judged = judge(
							{ title: api.title, renews: false, fresh: false },
							answer,
						);
						return "failure" in judged ? judged.failure : undefined;
					},
				},
			);
		},
	};
}

function partOf(file: FileSource): FilePart {
	return {
		field: "file",
		name: shortName(file.name),
		type: file.type,
		size: file.size,
		read: (start, end) => file.read(start, end),
	};
}

/** The end of a long name shows the kind of file. */
function shortName(name: string): string {
	return name.length <= MOST_NAME ? name : name.slice(-MOST_NAME);
}

function tokenOf({ attachment }: FileCell): string {
	if (attachment.token !== null) return attachment.token;
	throw new TablesError(
		"not_found",
		`the vendor gives no token for "${attachment.name}"`,
	);
}

/** Which cell is looked into: bases with advanced permissions ask for it. */
function extraOf(table: Table, { field, record }: FileCell, token: string) {
	return JSON.stringify({
		bitablePerm: {
			tableId: table.ref.table,
			attachments: { [field.id]: { [record]: [token] } },
		},
	});
}
