import { createHash, randomUUID } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import {
	chmod,
	copyFile,
	lstat,
	mkdir,
	open,
	readdir,
	readlink,
	realpath,
	rm,
	stat,
} from "node:fs/promises";
import {
	basename,
	dirname,
	isAbsolute,
	join,
	normalize,
	relative,
	resolve,
	sep,
} from "node:path";
import { lookup } from "mrmime";
import { act, placeOf } from "../../core/contract/consent.js";
import { TablesError } from "../../core/contract/errors.js";
import {
	type FileFormat,
	type Files,
	formatOf,
	type ReadOptions,
	type RowFile,
	type RowWriter,
	type SheetLook,
} from "../../core/contract/files.js";
import { cutList, quoted } from "../../core/values/names.js";
import { oneLine } from "../../core/values/one-line.js";
import { confirmStanding, type Standing } from "../../core/write/standing.js";
import { hasCode } from "../disk.js";
import { needReadable, readFormatOf } from "./foreign.js";
import { NAME_BYTES, safeName } from "./names.js";
import {
	bytesAside,
	type Place,
	placeAgreed,
	placeNew,
	placeOver,
} from "./part-file.js";
import {
	bookAt,
	intoBook,
	isOwn,
	notOwn,
	sheetsOf,
	stampIfThere,
} from "./present-file.js";
import { csvAside, csvWriter, ndjsonWriter } from "./write.js";

/** Files of `folder` only; copies for imports that may be resumed lie in `keptDir`. */
export function folderFiles(folder: string, keptDir: string): Files {
	/** New names that calls are writing under just now. */
	const claimed = new Set<string>();
	/** What exports of this process wrote, as it was left. */
	const written = new Map<string, string>();
	const inside = async (path: string): Promise<string> => {
		if (path.includes("\0") || path.trim() === "")
			throw new TablesError(
				"bad_argument",
				"the file name is empty or has a NUL in it",
			);
		await mkdir(folder, { recursive: true, mode: 0o700 });
		const root = await realpath(folder);
		const wanted = isAbsolute(path) ? resolve(path) : resolve(root, path);
		const real = await realParent(wanted);
		const way = relative(root, real);
		if (
			way === "" ||
			way.startsWith(`..${sep}`) ||
			way === ".." ||
			isAbsolute(way)
		)
			throw new TablesError(
				"not_allowed",
				`"${path}" is outside of the files folder`,
				{
					next: `Put the file into ${root} and name it relative to that. A person can choose another folder with TABLES_MCP_FILES_DIR.`,
				},
			);
		return real;
	};

	const existing = async (path: string): Promise<string> => {
		const real = await inside(path);
		const info = await unlessAbsent(stat(real));
		if (info === undefined || !info.isFile())
			throw new TablesError(
				"not_found",
				info === undefined
					? `there is no file "${path}" in ${folder}`
					: `"${path}" in ${folder} is ${info.isDirectory() ? "a folder" : "not a regular file"}`,
				{ next: await nearby(folder) },
			);
		return real;
	};

	return {
		folder,
		existing,
		async target(path, running, { confirm, sheet, onlyOwn } = {}) {
			const real = await inside(path);
			checkNames(relative(await realpath(folder), real));
			const info = await unlessAbsent(lstat(real));
			if (info?.isDirectory())
				throw new TablesError("bad_argument", `"${path}" is a folder`, {
					next: "Name a file in it.",
				});
			const isNew = info === undefined && !claimed.has(real);
			const agreed = stampIfThere(real);
			if (onlyOwn && info !== undefined && !(await isOwn(real, written)))
				throw notOwn(path);
			if (sheet !== undefined && !isNew)
				return intoBook({ real, path, sheet }, running, confirm);
			// Before anything is waited for: of two calls at once one is the first.
			if (isNew) claimed.add(real);
			const gone = isNew ? [] : await sheetsOf(real);
			if (!isNew)
				await confirmStanding(
					running,
					{
						kind: "overwrite_file",
						action:
							gone.length === 0
								? act`overwrite the file ${path}`
								: act`overwrite the file ${path} with all of its ${gone.length} sheets: ${gone}`,
						expected: basename(real),
						given: confirm,
						place: placeOf("file", real),
					},
					{
						what: `the file "${path}"`,
						seen: contentOf(info),
						look: async () => contentOf(await unlessAbsent(lstat(real))),
					},
				);
			try {
				await mkdir(dirname(real), { recursive: true, mode: 0o700 });
			} catch (error) {
				if (isNew) claimed.delete(real);
				throw error;
			}
			return {
				path: real,
				isNew,
				...(!isNew && agreed !== undefined && { agreed }),
				...(gone.length > 0 && { gone }),
			};
		},
		async writeAside(path, columns, rows) {
			const wanted = normalize(path);
			const name = basename(wanted);
			// The folder is found through a name that nobody has: a link of the wanted name is not followed.
			const beside = join(dirname(wanted), randomUUID());
			const dir = dirname(
				await inside(name === "." || name === ".." ? wanted : beside),
			);
			await mkdir(dir, { recursive: true, mode: 0o700 });
			return csvAside(join(dir, name), columns, rows);
		},
		async openRows(path: string, options: ReadOptions): Promise<RowFile> {
			const name = basename(options.name ?? path);
			const format =
				readFormatOf(path) ??
				formatOf(options.sheet === undefined ? "" : ".xlsx");
			await needReadable(path, name, format);
			switch (format) {
				case "csv":
					return (await import("./csv.js")).openCsv(path, options);
				case "ndjson":
					return (await import("./ndjson.js")).openNdjson(path, options);
				case "json":
					return (await import("./json.js")).openJson(path, options);
				case "xlsx":
					return (await import("./xlsx.js")).openXlsx(path, options);
				case undefined:
					throw new TablesError(
						"bad_argument",
						`the format of "${name}" is not known by its ending`,
						{ next: "Name it .csv, .tsv, .ndjson, .jsonl, .json or .xlsx." },
					);
			}
		},
		async keep(path, change, oldestMs = 0) {
			await mkdir(keptDir, { recursive: true, mode: 0o700 });
			for (const name of await readdir(keptDir)) {
				const old = join(keptDir, name);
				const info = await stat(old).catch(() => undefined);
				// An old copy that cannot be removed is not a reason to refuse a new one.
				if (info !== undefined && info.mtimeMs < oldestMs)
					await rm(old, { force: true }).catch(() => {});
			}
			const file = join(
				keptDir,
				`${change}${/\.[a-z0-9]+$/i.exec(path)?.[0] ?? ""}`,
			);
			try {
				await copyFile(path, file);
				await chmod(file, 0o600);
			} catch (error) {
				// Half a copy would only take room, on a disk that may be full.
				await rm(file, { force: true }).catch(() => {});
				throw error;
			}
			return { file, hash: await hashOf(file) };
		},
		hashOf,
		keptAt: (kept) => join(keptDir, basename(kept)),
		hasKept: async (kept) => (await readdir(keptDir)).includes(basename(kept)),
		drop: (kept) => rm(kept, { force: true }),
		async writeRows({ path, isNew, stamp, agreed }, format, columns, sheet) {
			const begin = async (place?: Place): Promise<RowWriter> => {
				const begun = await writer(
					{ path, format, columns, sheet, stamp },
					place,
				);
				return {
					...begun,
					async finish() {
						const bytes = await begun.finish();
						const left = stampIfThere(path);
						if (left !== undefined) written.set(path, left);
						return bytes;
					},
				};
			};
			if (stamp !== undefined)
				return begin(async (part) => placeOver(part, path, stamp));
			if (!isNew) return begin((part) => placeAgreed(part, path, agreed));
			const release = () => claimed.delete(path);
			try {
				const begun = await begin((part) => placeNew(part, path));
				return {
					...begun,
					finish: () => begun.finish().finally(release),
					abandon: () => begun.abandon().finally(release),
				};
			} catch (error) {
				release();
				throw error;
			}
		},
		async source(path) {
			const info = await stat(path);
			return {
				name: basename(path),
				size: info.size,
				type: lookup(path) ?? "application/octet-stream",
				async read(start, end) {
					const handle = await open(path, "r");
					try {
						const bytes = Buffer.alloc(
							Math.max(0, Math.min(end, info.size) - start),
						);
						await handle.read(bytes, 0, bytes.length, start);
						return bytes;
					} finally {
						await handle.close();
					}
				},
			};
		},
		async saveAside({ folder: wanted, name, taken }, bytes) {
			const dir = dirname(await inside(join(wanted, randomUUID())));
			await mkdir(dir, { recursive: true, mode: 0o700 });
			const saved = await bytesAside(
				join(dir, safeName(name)),
				await bytes(),
				// To some systems names that differ in case are one.
				(candidate) => taken.has(candidate.toLowerCase()),
			);
			taken.add(saved.path.toLowerCase());
			return saved;
		},
	};
}

async function hashOf(path: string): Promise<string> {
	const hash = createHash("sha256");
	for await (const chunk of createReadStream(path))
		hash.update(chunk as Buffer);
	return hash.digest("hex");
}

/** What a file is known again by, without reading it. */
function contentOf(info: Stats | undefined): Standing {
	return {
		same: {
			content: info && [info.ino, info.size, info.mtimeMs],
		},
	};
}

/** @throws TablesError bad_argument for a name that some system would refuse, change or take for a device. */
function checkNames(way: string): void {
	for (const name of way.split(sep)) {
		// Hidden files are a matter of taste.
		const [, dots = "", own = ""] = /^(\.*)(.*)$/s.exec(name) ?? [];
		const given = own.toWellFormed().normalize("NFC");
		const safe = safeName(given);
		if (safe === given && Buffer.byteLength(name) <= NAME_BYTES) continue;
		throw new TablesError(
			"bad_argument",
			`${quoted(oneLine(name))} is not a file name that every system takes`,
			{
				next: `Name it ${quoted(`${dots}${safe}`)}, for example: at most ${NAME_BYTES} bytes, none of / \\ : * ? " < > | and no line break, no dot or space at the end, no device (CON, NUL, COM1).`,
			},
		);
	}
}

/** What is written where. */
interface Writing {
	readonly path: string;
	readonly format: FileFormat;
	readonly columns: readonly string[];
	readonly sheet: SheetLook | undefined;
	/** Of the workbook whose other sheets are kept. undefined: there is none. */
	readonly stamp: string | undefined;
}

async function writer(
	{ path, format, columns, sheet, stamp }: Writing,
	place?: Place,
): Promise<RowWriter> {
	if (format === "csv") return csvWriter(path, columns, place);
	if (format === "ndjson") return ndjsonWriter(path, columns, place);
	const { xlsxWriter } = await import("./xlsx-write.js");
	const book = stamp === undefined ? undefined : await bookAt(path);
	return xlsxWriter(path, columns, place, sheet && { ...sheet, book });
}

/** Codes of a path that does not exist, leads through a file, or has an impossible name; links in a circle are looked at one by one. */
const ABSENT = ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"];

/** undefined for what is not there; a machine that cannot tell has failed, and that is said. */
async function unlessAbsent<T>(looking: Promise<T>): Promise<T | undefined> {
	try {
		return await looking;
	} catch (error) {
		if (ABSENT.some((code) => hasCode(error, code))) return undefined;
		throw error;
	}
}

/** Links that lead to links, as many as systems follow. */
const MAX_LINKS = 40;

/** The path with every link resolved, also one that leads to what does not exist. */
async function realParent(path: string, links = 0): Promise<string> {
	try {
		return await realpath(path);
	} catch (error) {
		if (!ABSENT.some((code) => hasCode(error, code))) throw error;
		const parent = dirname(path);
		if (parent === path) return path;
		const real = join(await realParent(parent, links), basename(path));
		const target = await readlink(real).catch((failure: unknown) => {
			if ([...ABSENT, "EINVAL"].some((code) => hasCode(failure, code)))
				return undefined;
			throw failure;
		});
		if (target === undefined) return real;
		if (links >= MAX_LINKS)
			throw new TablesError(
				"not_allowed",
				`"${basename(path)}" is a link that leads in a circle`,
			);
		return realParent(resolve(dirname(real), target), links + 1);
	}
}

async function nearby(folder: string): Promise<string> {
	const names = (await readdir(folder).catch(() => [] as string[])).filter(
		(name) => !name.startsWith("."),
	);
	return names.length === 0
		? `The files folder ${folder} is empty: put the file there.`
		: `Files there: ${cutList(names)}.`;
}
