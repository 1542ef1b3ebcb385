import { parse } from "csv-parse/sync";
import {
	baseOf,
	bodyOf,
	type Call,
	type Handler,
	missing,
	requiredText,
} from "./call.js";
import { createField, numbered } from "./fields.js";
import type { Base, Field, ImportJob, Sheet } from "./model.js";
import { refusals } from "./refusal.js";
import { signedLink } from "./signed-links.js";
import { newRow, newSheet, type Store, setCell } from "./store.js";
import { pending, settled } from "./values.js";

/** A published example key of 2,048 bits: it protects nothing. */
const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo
4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0/IzW7yWR7QkrmBL7jTKEn5u
+qKhbwKfBstIs+bMY2Zkp18gnTxKLxoS2tFczGkPLPgizskuemMghRniWaoLcyeh
kd3qqGElvW/VDL5AaWTg0nLVkjRo9z+40RQzuVaE8AkAFmxZzow3x+VJYKdjykkJ
0iT9wCS0DRTXu269V264Vf/3jvredZiKRkgwlL9xNAwxXFg0x/XFw005UWVRIkdg
cKWTjpBP2dPwVZ4WWC+9aGVd+Gyn1o0CLelf4rEjGoXbAAEgAqeGUxrcIlbjXfbc
mwIDAQAB
-----END PUBLIC KEY-----
`;
const KEY_VERSION = "1";

export const encryptionKey: Handler = (call) => ({
	algorithm: "RSA",
	keyVersion: call.query.get("keyVersion") ?? KEY_VERSION,
	publicKeyPem: PUBLIC_KEY,
	expireAt: call.store.clock.now() + 86_400_000,
});

export const prepareImport: Handler = (call) => {
	const { store } = call;
	const base = baseOf(call, "write");
	const body = bodyOf(call);
	const { fileSize, tableNames } = body;
	if (fileSize === undefined) throw missing(store, "fileSize");
	const job: ImportJob = {
		id: store.identifiers.next(24),
		baseId: base.id,
		fileName: requiredText(call, body, "fileName"),
		fileExtension: requiredText(call, body, "fileExtension"),
		fileSize: Number(fileSize),
		tableNames: Array.isArray(tableNames) ? tableNames.map(String) : [],
		expiresAtMs: store.clock.now() + store.switches.uploadLifetimeMs,
		status: "WAITING",
		count: 0,
		tableIds: [],
	};
	store.imports.set(job.id, job);
	return {
		importId: job.id,
		uploadUrl: signedLink(store, call.request.origin, "import", job.id),
		expireAt: job.expiresAtMs,
	};
};

function jobOf(call: Call, base: Base, id: string): ImportJob {
	const job = call.store.imports.get(id);
	if (job === undefined || job.baseId !== base.id)
		throw refusals.noResource(`the import '${id}' does not exist`);
	return job;
}

/** Reads the uploaded CSV at once. Other files and encrypted ones fail: their layout is not documented. */
export const executeImport: Handler = (call) => {
	const base = baseOf(call, "write");
	const body = bodyOf(call);
	const job = jobOf(call, base, requiredText(call, body, "importId"));
	if (job.bytes === undefined)
		throw refusals.badInput("the file has not been uploaded");
	const fail = (code: string, message: string) => {
		job.status = "FAILED";
		job.errorCode = code;
		job.errorMessage = message;
	};
	if (body.encryption !== undefined)
		fail("unsupportedEncryption", "the file cannot be decrypted");
	else if (job.fileExtension.replace(".", "").toLowerCase() !== "csv")
		fail(
			"unsupportedFile",
			`the file type '${job.fileExtension}' cannot be read`,
		);
	else importRows(call, base, job, body.appendConfig);
	return { importId: job.id, status: job.status };
};

function importRows(
	call: Call,
	base: Base,
	job: ImportJob,
	given: unknown,
): void {
	const { store } = call;
	const append = given as
		| {
				tableId?: string;
				fieldMapping?: Record<string, string>;
				fieldIdMapping?: Record<string, string>;
		  }
		| undefined;
	const lines: string[][] = parse(Buffer.from(job.bytes ?? ""), {
		bom: true,
		relax_column_count: true,
	});
	const [header = [], ...rows] = lines;
	const sheet =
		append === undefined
			? sheetFor(store, base, job, header)
			: base.sheets.get(append.tableId ?? "");
	if (sheet === undefined)
		throw refusals.noResource(`the sheet '${append?.tableId}' does not exist`);
	const columns = header.map((name) =>
		columnFor(
			sheet,
			append?.fieldIdMapping?.[name],
			append?.fieldMapping?.[name] ?? name,
		),
	);
	for (const line of rows) {
		const row = newRow(store, sheet, call.operator);
		for (const [index, field] of columns.entries())
			if (field !== undefined)
				fill(call, sheet, row.id, field, line[index] ?? "");
	}
	job.status = "SUCCESS";
	job.count = rows.length;
	job.tableIds = [sheet.id];
}

function columnFor(
	sheet: Sheet,
	id: string | undefined,
	name: string,
): Field | undefined {
	return (
		sheet.fields.get(id ?? "") ??
		[...sheet.fields.values()].find((field) => field.name === name)
	);
}

/** A new sheet of text columns. */
function sheetFor(
	store: Store,
	base: Base,
	job: ImportJob,
	header: readonly string[],
): Sheet {
	const taken = new Set([...base.sheets.values()].map(({ name }) => name));
	const name = job.tableNames[0] ?? job.fileName.replace(/\.[^.]+$/, "");
	const sheet = newSheet(
		store,
		base,
		taken.has(name) ? numbered(name, taken) : name,
	);
	for (const column of header)
		createField(store, sheet, { name: column, type: "text" });
	return sheet;
}

function fill(
	call: Call,
	sheet: Sheet,
	rowId: string,
	field: Field,
	text: string,
): void {
	const row = sheet.rows.get(rowId);
	if (text === "" || row === undefined) return;
	const context = {
		store: call.store,
		sheet,
		field,
		origin: call.request.origin,
	};
	const change = pending(text, context);
	if (change.action === "store")
		setCell(call.store, sheet, row, field, settled(change, context));
}

export const importStatus: Handler = (call) => {
	const base = baseOf(call, "read");
	const id = call.query.get("importId");
	if (id === null || id === "") throw refusals.missing("importId");
	const job = jobOf(call, base, id);
	return {
		importId: job.id,
		status: job.status,
		phase: job.status === "WAITING" ? "UPLOAD" : "DONE",
		count: job.count,
		tableIds: job.tableIds,
		...(job.errorCode === undefined
			? {}
			: { errorCode: job.errorCode, errorMessage: job.errorMessage }),
	};
};
