import type { Adapter } from "../../core/contract/adapter.js";
import type { FileSource } from "../../core/contract/attachments.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Attachment } from "../../core/contract/field.js";
import type { WireCells } from "../../core/contract/records.js";
import type { Table } from "../../core/contract/table.js";
import { download, upload } from "../../http/download.js";
import { fileBody } from "../../http/multipart.js";
import { type Loose, list, loose, text } from "../kit/answer.js";
import { linkOptions } from "../kit/links.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import { fileToken, mediaType, type UploadedFile } from "./file-token.js";

/** The pages name no limit of a file; this one keeps a call in its time. */
const MAX_FILE_BYTES = 200 * 1024 ** 2;
/** A file that is carried over from a cell is held in memory. */
const MAX_CARRIED_BYTES = 50 * 1024 ** 2;
const ANY_TYPE = "application/octet-stream";
/** Where online documents are opened: they are not files. */
const PAGES = /(^|\.)alidocs\.dingtalk\.(com|io)$/;

/** Rows whose files can be sent: one that was read from a cell has no id any more, and is uploaded again. */
export type CompleteFiles = (
	table: Table,
	rows: readonly WireCells[],
	context: CallContext,
) => Promise<readonly WireCells[]>;

/** Sends a file to the vendor's storage, and reads one of a cell. */
function openTransfer(api: Api) {
	/** A place for the bytes, then the bytes. Source: "Get resource upload information", "Upload attachment". */
	const send = async (
		base: string,
		file: FileSource,
		context: CallContext,
	): Promise<UploadedFile> => {
		const type = file.type === "" ? ANY_TYPE : file.type;
		const { result } = await api.call(
			calls.prepareUpload,
			{
				params: { base },
				base,
				json: {
					size: file.size,
					mediaType: type,
					resourceName: file.name,
				},
			},
			context,
		);
		const { uploadUrl, resourceId, resourceUrl } = loose(result);
		await upload(
			text(uploadUrl) ?? "",
			fileBody({ ...file, type }),
			await linkOptions(api, context),
		);
		return {
			filename: file.name,
			size: file.size,
			type,
			url: text(resourceUrl) ?? "",
			resourceId: text(resourceId) ?? "",
		};
	};

	const open = async (
		{ name, url }: Pick<Attachment, "name" | "url">,
		context: CallContext,
	) => {
		if (url === null)
			throw new TablesError(
				"not_found",
				`the vendor gives no link for "${name}"`,
			);
		if (URL.canParse(url) && PAGES.test(new URL(url).hostname))
			throw new TablesError(
				"unsupported",
				`"${name}" is an online document, not a file`,
				{ next: `A person opens it at ${url}` },
			);
		return download(url, await linkOptions(api, context));
	};

	return { send, open };
}

/** Uploads a file, and reads one of a cell. */
export function fileMethods(
	api: Api,
): Required<
	Pick<Adapter, "maxFileBytes" | "uploadFile" | "readFileLink" | "downloadFile">
> {
	const { send, open } = openTransfer(api);
	return {
		maxFileBytes: MAX_FILE_BYTES,
		async uploadFile({ ref }, _field, file, context, progress) {
			const sent = await send(
				ref.base,
				{
					...file,
					async read(start, end) {
						const bytes = await file.read(start, end);
						progress(end);
						return bytes;
					},
				},
				context,
			);
			return {
				name: sent.filename,
				size: sent.size,
				type: sent.type,
				token: fileToken(sent),
				url: null,
			};
		},
		readFileLink: async (_table, { attachment }) => attachment.url ?? undefined,
		downloadFile: (_table, { attachment }, context) =>
			open(attachment, context),
	};
}

/** Completes rows before they are written, see `CompleteFiles`. */
export function openCompletion(api: Api): CompleteFiles {
	const { send, open } = openTransfer(api);

	const carried = async (
		base: string,
		item: Loose,
		context: CallContext,
	): Promise<UploadedFile> => {
		const name = text(item.filename) ?? "";
		const chunks: Uint8Array[] = [];
		let size = 0;
		for await (const chunk of await open(
			{ name, url: text(item.url) ?? null },
			context,
		)) {
			size += chunk.length;
			if (size > MAX_CARRIED_BYTES)
				throw new TablesError(
					"too_large",
					`"${name}" is already in the cell and would have to be sent again, which is done up to ${MAX_CARRIED_BYTES} bytes: this API cannot add to a cell`,
					{ next: "Use another record or field, or add the file in DingTalk." },
				);
			chunks.push(chunk);
		}
		const bytes = Buffer.concat(chunks);
		return send(
			base,
			{
				name,
				size: bytes.length,
				type: mediaType(name, text(item.type)) ?? ANY_TYPE,
				read: async (start, end) => bytes.subarray(start, end),
			},
			context,
		);
	};

	return ({ ref, byId }, rows, context) =>
		Promise.all(
			rows.map(async (cells) => {
				const complete: Record<string, unknown> = { ...cells };
				for (const [id, cell] of Object.entries(cells))
					if (byId.get(id)?.type === "attachment")
						complete[id] = await Promise.all(
							list(cell).map((item) =>
								item.resourceId === undefined
									? carried(ref.base, item, context)
									: item,
							),
						);
				return complete;
			}),
		);
}
