import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type {
	Adapter,
	FieldSpec,
	WireCells,
	WireQuery,
	WrittenRow,
} from "../../core/adapter.js";
import { TablesError } from "../../core/errors.js";
import type {
	Attachment,
	Field,
	LinkedRecord,
	SystemColumn,
} from "../../core/field.js";
import type {
	BaseInfo,
	Table,
	TableRef,
	View,
	WireRow,
} from "../../core/table.js";
import { showCell, shownText } from "../../core/values.js";
import { zone as zoneNamed } from "../../core/zone.js";
import type { Services } from "../vendor.js";
import {
	columnSql,
	columnType,
	defaultWire,
	localCodecs,
	sqlValue,
	storageOf,
} from "./fields.js";
import { columnOfField, type Fragment, localDialect } from "./filter.js";
import type { LocalConfig } from "./index.js";
import {
	autoNumber,
	changedDefinition,
	checkSpec,
	convertColumn,
	type Definition,
	eachCell,
	keptSettings,
	prepareFile,
	RECORD_COLUMNS,
	readFields,
	readViews,
	recordsOf,
} from "./schema.js";
import { openSqlite, type SqlRow, type SqlValue } from "./sqlite.js";

const KEY_LIFE_MS = 86_400_000;
const MAX_FILE_BYTES = 1_073_741_824;
const LETTERS =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Opens the store. Everything that reads and writes is short: one page or one batch, in one transaction. */
export async function connect(
	config: LocalConfig,
	services: Services,
): Promise<Adapter> {
	const { clock, dataDir } = services;
	const file = config.file ?? join(dataDir, "local.db");
	const filesDir = join(dirname(file), "attachments");
	const user = config.user ?? "local";
	await mkdir(dirname(file), { recursive: true, mode: 0o700 });
	const db = await openSqlite(file, clock);
	await prepareFile(db);

	const newId = (prefix: string, length = 14): string => {
		let id = prefix;
		for (let index = 0; index < length; index++)
			id += LETTERS[Math.floor(services.random() * LETTERS.length)];
		return id;
	};
	const optionId = () => newId("opt", 8);

	const tableRow = (ref: TableRef): SqlRow => {
		const row = db.all(
			"SELECT tables.name, tables.description, tables.numbered, bases.time_zone FROM tables JOIN bases ON bases.id = tables.base WHERE tables.id = ? AND tables.base = ?",
			[ref.table, ref.base],
		)[0];
		if (row === undefined)
			throw new TablesError(
				"not_found",
				`no table ${ref.table} in base ${ref.base}`,
			);
		return row;
	};
	const loadTable = (ref: TableRef): Table => {
		const row = tableRow(ref);
		const fields = readFields(db, ref.table);
		return {
			ref: { base: ref.base, table: ref.table },
			name: row.name as string,
			fields,
			byId: new Map(fields.map((field) => [field.id, field])),
			views: readViews(db, ref.table),
			zone: (row.time_zone as string | null) ?? services.zone,
			access: "manage",
			readAtMs: clock.now(),
		};
	};
	const needBase = (base: string): SqlRow => {
		const row = db.all("SELECT id, name, time_zone FROM bases WHERE id = ?", [
			base,
		])[0];
		if (row === undefined)
			throw new TablesError("not_found", `no base ${base} in the local store`);
		return row;
	};
	const baseInfo = (row: SqlRow): BaseInfo => ({
		id: row.id as string,
		name: row.name as string,
		access: "manage",
		...(row.time_zone === null ? {} : { timeZone: row.time_zone as string }),
	});

	/** Position of a row in the order of a query, for cursors. */
	const places = new WeakMap<WireRow, readonly SqlValue[]>();

	const readRows = (
		table: Table,
		query: Pick<WireQuery, "fields" | "system">,
		rows: readonly SqlRow[],
		keys = 0,
	): WireRow[] => {
		const links = linkTitles(table, query.fields, rows);
		return rows.map((row) => {
			const cells: Record<string, unknown> = {};
			for (const [index, field] of query.fields.entries()) {
				const wire = row[`f${index}`];
				if (wire === null || wire === undefined) continue;
				cells[field.id] =
					field.type === "link" ? linked(wire, links.get(field.id)) : wire;
			}
			const system: Partial<Record<SystemColumn, WireRow["cells"][string]>> =
				{};
			for (const column of query.system)
				system[column] = systemCell(column, row);
			const made = { id: row.id as string, cells, system } as WireRow;
			places.set(made, [
				row.n as number,
				...Array.from({ length: keys }, (_, index) => row[`k${index}`] ?? null),
			]);
			return made;
		});
	};
	const linked = (
		wire: SqlValue,
		titles: ReadonlyMap<string, string> | undefined,
	): readonly LinkedRecord[] =>
		(JSON.parse(String(wire)) as string[]).map((id) => ({
			id,
			text: titles?.get(id) ?? null,
		}));

	/** Titles of the records that these rows link to, one query per link field. */
	const linkTitles = (
		table: Table,
		fields: readonly Field[],
		rows: readonly SqlRow[],
	): ReadonlyMap<string, ReadonlyMap<string, string>> => {
		const found = new Map<string, ReadonlyMap<string, string>>();
		for (const [index, field] of fields.entries()) {
			const { linkTable } = field.settings;
			if (field.type !== "link" || linkTable === undefined) continue;
			const ids = new Set(
				rows.flatMap((row) =>
					typeof row[`f${index}`] === "string"
						? (JSON.parse(row[`f${index}`] as string) as string[])
						: [],
				),
			);
			const titles = new Map<string, string>();
			found.set(field.id, titles);
			const primary = readFields(db, linkTable).find(
				(candidate) => candidate.primary,
			);
			if (ids.size === 0 || primary === undefined) continue;
			const codec = localCodecs[primary.type];
			for (const row of db.all(
				`SELECT id, ${columnSql(primary)} AS title FROM ${recordsOf(linkTable)} WHERE id IN (SELECT value FROM json_each(?))`,
				[JSON.stringify([...ids])],
			)) {
				const cell =
					row.title === null || !("decode" in codec)
						? null
						: codec.decode(row.title as never, primary, { zone: table.zone });
				titles.set(
					row.id as string,
					shownText(showCell(cell as never, primary, table.zone, "compact")),
				);
			}
		}
		return found;
	};

	const selected = (query: Pick<WireQuery, "fields">): string =>
		[
			"n",
			"id",
			"created_at",
			"updated_at",
			"created_by",
			"updated_by",
			...query.fields.map((field, index) => `${columnSql(field)} AS f${index}`),
		].join(", ");

	const sortColumns = (query: WireQuery) =>
		(query.sort ?? []).map(({ field, descending }) => ({
			sql:
				typeof field === "string"
					? field === "$created_at"
						? "created_at"
						: field === "$updated_at"
							? "updated_at"
							: field === "$created_by"
								? "created_by"
								: "updated_by"
					: columnSql(field),
			descending,
		}));

	const touch = (table: Table, n: number, nowMs: number) =>
		db.run(
			`UPDATE ${recordsOf(table.ref.table)} SET updated_at = ?, updated_by = ? WHERE n = ?`,
			[nowMs, user, n],
		);

	/** Writes cells of one row and keeps the other side of two-way links in step. */
	const setCells = (
		table: Table,
		row: { readonly n: number; readonly id: string },
		cells: WireCells,
		nowMs: number,
	) => {
		const entries = Object.entries(cells).map(
			([id, wire]): [string, unknown] => {
				const field = table.byId.get(id);
				if (field?.type === "link") relink(table, field, row, wire, nowMs);
				return [
					id,
					field?.type === "attachment" ? describedFiles(field, wire) : wire,
				];
			},
		);
		if (entries.length === 0) return;
		db.run(
			`UPDATE ${recordsOf(table.ref.table)} SET ${entries.map(([id]) => `"${id}" = ?`).join(", ")} WHERE n = ?`,
			[...entries.map(([, wire]) => sqlValue(wire)), row.n],
		);
	};
	/** Files as they were uploaded: a write may name them by their token alone. */
	const describedFiles = (field: Field, wire: unknown): unknown => {
		if (typeof wire !== "string" || wire === "") return wire;
		const files = JSON.parse(wire) as Attachment[];
		return JSON.stringify(
			files.map(({ token, name, size, type }) => {
				const known = db.all(
					"SELECT name, size, type FROM files WHERE token = ?",
					[token],
				)[0];
				if (known === undefined)
					throw new TablesError(
						"bad_value",
						`"${field.name}": no uploaded file has the token ${token}`,
						{
							next: "upload_attachment gives a token; nothing of this batch was written.",
						},
					);
				return {
					token,
					name: name === "" ? known.name : name,
					size: size ?? known.size,
					type: type ?? known.type,
				};
			}),
		);
	};
	const idsIn = (wire: unknown): string[] =>
		typeof wire === "string" && wire !== ""
			? (JSON.parse(wire) as string[])
			: [];
	const relink = (
		table: Table,
		field: Field,
		row: { readonly n: number; readonly id: string },
		wire: unknown,
		nowMs: number,
	) => {
		const { linkTable, reverseField } = field.settings;
		if (linkTable === undefined) return;
		const after = idsIn(wire);
		const there = new Set(
			db
				.all(
					`SELECT id FROM ${recordsOf(linkTable)} WHERE id IN (SELECT value FROM json_each(?))`,
					[JSON.stringify(after)],
				)
				.map(({ id }) => id),
		);
		const missing = after.filter(
			(id) =>
				!there.has(id) && !(linkTable === table.ref.table && id === row.id),
		);
		if (missing.length > 0)
			throw new TablesError(
				"bad_value",
				`"${field.name}" links to records that do not exist: ${missing.slice(0, 10).join(", ")}`,
				{
					next: "Query the linked table for the ids; nothing of this batch was written.",
				},
			);
		if (reverseField === undefined) return;
		const before = idsIn(
			db.all(
				`SELECT "${field.id}" AS wire FROM ${recordsOf(table.ref.table)} WHERE n = ?`,
				[row.n],
			)[0]?.wire,
		);
		for (const id of new Set([...before, ...after])) {
			const adds = after.includes(id);
			if (adds === before.includes(id)) continue;
			const other = db.all(
				`SELECT n, "${reverseField}" AS wire FROM ${recordsOf(linkTable)} WHERE id = ?`,
				[id],
			)[0];
			if (other === undefined) continue;
			const back = idsIn(other.wire).filter((value) => value !== row.id);
			if (adds) back.push(row.id);
			db.run(
				`UPDATE ${recordsOf(linkTable)} SET "${reverseField}" = ?, updated_at = ?, updated_by = ? WHERE n = ?`,
				[
					back.length === 0 ? null : JSON.stringify(back),
					nowMs,
					user,
					other.n as number,
				],
			);
		}
	};

	/** Columns of other tables that link here. */
	const linksTo = (
		ref: TableRef,
	): readonly { readonly table: string; readonly field: Field }[] =>
		db
			.all("SELECT id FROM tables WHERE base = ?", [ref.base])
			.flatMap(({ id }) =>
				readFields(db, id as string)
					.filter(
						(field) =>
							field.type === "link" && field.settings.linkTable === ref.table,
					)
					.map((field) => ({ table: id as string, field })),
			);

	/** Keeps options that a write is allowed to make. */
	const addOptions: NonNullable<Adapter["addOptions"]> = async (
		table,
		field,
		names,
	) =>
		db.write(() => {
			const current = readFields(db, table.ref.table).find(
				({ id }) => id === field.id,
			);
			if (current === undefined)
				throw new TablesError("not_found", `no field ${field.id}`);
			const options = [...(current.settings.options ?? [])];
			for (const name of names)
				if (!options.some((option) => option.name === name))
					options.push({ id: optionId(), name });
			db.run("UPDATE fields SET settings = ? WHERE id = ?", [
				JSON.stringify({ ...current.settings, options }),
				field.id,
			]);
			return options;
		});

	const insertField = (
		table: string,
		spec: FieldSpec,
		primary: boolean,
		settings = keptSettings(spec, optionId),
		id = newId("fld", 10),
	): string => {
		db.run(
			"INSERT INTO fields (id, table_id, name, type, settings, description, is_primary) VALUES (?, ?, ?, ?, ?, ?, ?)",
			[
				id,
				table,
				spec.name,
				spec.type,
				JSON.stringify(settings),
				spec.description ?? null,
				primary ? 1 : 0,
			],
		);
		if (storageOf({ type: spec.type, settings }) !== "system")
			db.run(
				`ALTER TABLE ${recordsOf(table)} ADD COLUMN "${id}" ${columnType({ type: spec.type, settings })}`,
			);
		return id;
	};
	const freeName = (table: string, wanted: string): string => {
		const names = new Set(readFields(db, table).map(({ name }) => name));
		if (!names.has(wanted)) return wanted;
		for (let number = 2; ; number++)
			if (!names.has(`${wanted} ${number}`)) return `${wanted} ${number}`;
	};
	const checkFree = (table: string, name: string, except?: string) => {
		if (
			readFields(db, table).some(
				(field) => field.name === name && field.id !== except,
			)
		)
			throw new TablesError(
				"bad_argument",
				`there is a field "${name}" already`,
				{ next: "Choose another name." },
			);
	};
	const makeField = (
		ref: TableRef,
		spec: FieldSpec,
		primary: boolean,
	): string => {
		checkSpec(spec, primary);
		checkFree(ref.table, spec.name);
		const { linkTable, twoWay, reverseName } = spec.settings;
		if (spec.type !== "link" || linkTable === undefined || !twoWay)
			return insertField(ref.table, spec, primary);
		tableRow({ base: ref.base, table: linkTable });
		const own = tableRow(ref);
		const id = newId("fld", 10);
		const reverse = newId("fld", 10);
		const back = freeName(linkTable, reverseName ?? (own.name as string));
		const settings = keptSettings(spec, optionId);
		insertField(
			ref.table,
			spec,
			primary,
			{ ...settings, reverseField: reverse, reverseName: back },
			id,
		);
		insertField(
			linkTable,
			{ name: back, type: "link", settings: {} },
			false,
			{
				linkTable: ref.table,
				twoWay: true,
				reverseField: id,
				reverseName: spec.name,
			},
			reverse,
		);
		return id;
	};
	const numberRows = (table: Table, field: Field) => {
		let number = 0;
		for (const row of db.all(
			`SELECT n, created_at FROM ${recordsOf(table.ref.table)} ORDER BY n`,
		)) {
			number++;
			db.run(
				`UPDATE ${recordsOf(table.ref.table)} SET "${field.id}" = ? WHERE n = ?`,
				[
					autoNumber(
						field.settings.numberPattern,
						number,
						zoneNamed(table.zone).day(row.created_at as number),
					),
					row.n as number,
				],
			);
		}
	};
	const dropField = (table: string, field: Field) => {
		if (storageOf(field) !== "system")
			db.run(`ALTER TABLE ${recordsOf(table)} DROP COLUMN "${field.id}"`);
		db.run("DELETE FROM fields WHERE id = ?", [field.id]);
		for (const view of readViews(db, table)) {
			const keep = (id: string) => id !== field.id;
			const definition: Definition = {
				filter:
					view.filter === undefined || view.filter === null
						? null
						: (withoutField(view.filter, keep) ?? null),
				sort: view.sort?.filter((key) => keep(key.field)) ?? null,
				hiddenFields: (view.hiddenFields ?? []).filter(keep),
				treeBy: view.treeBy && keep(view.treeBy) ? view.treeBy : null,
			};
			db.run("UPDATE views SET definition = ? WHERE id = ?", [
				JSON.stringify(definition),
				view.id,
			]);
		}
	};

	return {
		limits: {
			// Small, so that an export of any size stays small in memory; a page costs well under a millisecond.
			page: 200,
			ids: 500,
			batch: { create: 500, update: 500, delete: 500 },
			rates: [],
			writes: "parallel",
		},
		codecs: localCodecs,
		dialect: localDialect,
		systemColumns: ["$created_at", "$updated_at", "$created_by", "$updated_by"],
		sortable: (column) =>
			typeof column === "string" ||
			["created_by", "updated_by"].includes(column.type) ||
			(columnOfField(column) !== undefined &&
				["text", "real", "flag", "moment", "day"].includes(
					storageOf(column) ?? "moment",
				)) ||
			column.type === "created_time" ||
			column.type === "updated_time",
		pagesShift: false,
		viewRule: "definition",
		idempotent: { create: true, update: true, delete: false },
		atomicBatches: true,
		createsOptions: false,
		addOptions,

		async readBases() {
			return {
				items: db
					.all(
						"SELECT id, name, time_zone FROM bases ORDER BY id <> 'main', name",
					)
					.map(baseInfo),
			};
		},
		async readNodes(base, { kinds }) {
			needBase(base);
			if (!kinds.includes("table")) return { items: [] };
			const items = db
				.all("SELECT id, name FROM tables WHERE base = ? ORDER BY rowid", [
					base,
				])
				.map((row) => ({
					kind: "table" as const,
					base,
					id: row.id as string,
					name: row.name as string,
					access: "manage" as const,
				}));
			return { items, total: items.length };
		},
		async readTable(ref) {
			return loadTable(ref);
		},
		async readView(table, view) {
			const found = readViews(db, table.ref.table).find(
				({ id }) => id === view,
			);
			if (found === undefined)
				throw new TablesError("not_found", `no view ${view}`);
			return found;
		},
		async resolveUrl() {
			return undefined;
		},

		async readPage(table, query, cursor) {
			const from = recordsOf(table.ref.table);
			const filter = query.filter as Fragment | undefined;
			const order = sortColumns(query);
			const where: string[] =
				filter === undefined ? [] : [`coalesce(${filter.sql}, 0)`];
			const values: SqlValue[] = filter === undefined ? [] : [...filter.values];
			const total =
				cursor === undefined
					? Number(
							db.all(
								`SELECT count(*) AS total FROM ${from}${where.length > 0 ? ` WHERE ${where.join(" AND ")}` : ""}`,
								values,
							)[0]?.total,
						)
					: undefined;
			if (cursor !== undefined) {
				const after = beyond(order, readPlace(cursor));
				where.push(after.sql);
				values.push(...after.values);
			}
			const keys = order.map(({ sql }, index) => `${sql} AS k${index}`);
			const rows = db.all(
				`SELECT ${[selected(query), ...keys].join(", ")} FROM ${from}${where.length > 0 ? ` WHERE ${where.join(" AND ")}` : ""} ORDER BY ${[...order.map(({ sql, descending }) => `${sql} ${descending ? "DESC" : "ASC"}`), "n ASC"].join(", ")} LIMIT ?`,
				[...values, query.pageSize + 1],
			);
			const items = readRows(
				table,
				query,
				rows.slice(0, query.pageSize),
				order.length,
			);
			const last = items.at(-1);
			return {
				items,
				...(rows.length > query.pageSize && last !== undefined
					? { next: placeOf(last) }
					: {}),
				...(total === undefined ? {} : { total }),
			};
		},
		cursorAfter: (row) => placeOf(row),
		async readByIds(table, ids, query) {
			const rows = db.all(
				`SELECT ${selected(query)} FROM ${recordsOf(table.ref.table)} WHERE id IN (SELECT value FROM json_each(?))`,
				[JSON.stringify(ids)],
			);
			const found = new Map(
				readRows(table, query, rows).map((row) => [row.id, row]),
			);
			return ids.flatMap((id) => found.get(id) ?? []);
		},

		async createBatch(table, rows, { idempotencyKey }) {
			return db.write(() => {
				tableRow(table.ref);
				const before = writtenBefore(idempotencyKey);
				if (before !== undefined) return before.map((id) => ({ id }));
				const fresh = loadTable(table.ref);
				const nowMs = clock.now();
				const context = { zone: fresh.zone };
				const numbers = fresh.fields.filter(
					(field) => field.type === "auto_number",
				);
				const defaults = fresh.fields.flatMap((field) => {
					const wire = defaultWire(field, nowMs, context);
					return wire === undefined || wire === null
						? []
						: [{ id: field.id, wire }];
				});
				let numbered = Number(tableRow(table.ref).numbered);
				const day = zoneNamed(fresh.zone).day(nowMs);
				const written: WrittenRow[] = [];
				for (const cells of rows) {
					const id = newId("rec");
					numbered++;
					db.run(
						`INSERT INTO ${recordsOf(table.ref.table)} (id, created_at, updated_at, created_by, updated_by) VALUES (?, ?, ?, ?, ?)`,
						[id, nowMs, nowMs, user, user],
					);
					const n = Number(db.all("SELECT last_insert_rowid() AS n")[0]?.n);
					const whole: Record<string, unknown> = {};
					for (const entry of defaults) whole[entry.id] = entry.wire;
					for (const field of numbers)
						whole[field.id] = autoNumber(
							field.settings.numberPattern,
							numbered,
							day,
						);
					setCells(fresh, { n, id }, { ...whole, ...cells }, nowMs);
					written.push({ id });
				}
				db.run("UPDATE tables SET numbered = ? WHERE id = ?", [
					numbered,
					table.ref.table,
				]);
				remember(
					idempotencyKey,
					written.map(({ id }) => id),
				);
				return written;
			});
		},
		async updateBatch(table, rows, { idempotencyKey }) {
			return db.write(() => {
				tableRow(table.ref);
				if (writtenBefore(idempotencyKey) !== undefined)
					return rows.map(({ id }) => ({ id }));
				const fresh = loadTable(table.ref);
				const nowMs = clock.now();
				for (const { id, cells } of rows) {
					const row = db.all(
						`SELECT n FROM ${recordsOf(table.ref.table)} WHERE id = ?`,
						[id],
					)[0];
					if (row === undefined)
						throw new TablesError("not_found", `there is no record ${id}`, {
							next: "Nothing of this batch was written; query the table for the ids.",
						});
					setCells(fresh, { n: row.n as number, id }, cells, nowMs);
					touch(fresh, row.n as number, nowMs);
				}
				remember(
					idempotencyKey,
					rows.map(({ id }) => id),
				);
				return rows.map(({ id }) => ({ id }));
			});
		},
		async deleteBatch(table, ids) {
			await db.write(() => {
				tableRow(table.ref);
				const list = JSON.stringify(ids);
				const nowMs = clock.now();
				for (const { table: other, field } of linksTo(table.ref)) {
					const gone = new Set(ids);
					for (const row of db.all(
						`SELECT n, "${field.id}" AS wire FROM ${recordsOf(other)} WHERE EXISTS(SELECT 1 FROM json_each("${field.id}") WHERE value IN (SELECT value FROM json_each(?)))`,
						[list],
					)) {
						const left = idsIn(row.wire).filter((id) => !gone.has(id));
						db.run(
							`UPDATE ${recordsOf(other)} SET "${field.id}" = ?, updated_at = ? WHERE n = ?`,
							[
								left.length === 0 ? null : JSON.stringify(left),
								nowMs,
								row.n as number,
							],
						);
					}
				}
				db.run(
					`DELETE FROM ${recordsOf(table.ref.table)} WHERE id IN (SELECT value FROM json_each(?))`,
					[list],
				);
			});
		},
		async readCreated(_table, key) {
			return writtenBefore(key);
		},

		async createTable(base, spec) {
			if (spec.folder !== undefined)
				throw new TablesError("unsupported", "the local store has no folders", {
					next: "Leave `folder` out; use another base for order.",
				});
			return db.write(() => {
				needBase(base);
				if (
					db.all("SELECT 1 FROM tables WHERE base = ? AND name = ?", [
						base,
						spec.name,
					]).length > 0
				)
					throw new TablesError(
						"bad_argument",
						`there is a table "${spec.name}" already`,
						{ next: "Choose another name." },
					);
				const table = newId("tbl", 10);
				db.run(
					"INSERT INTO tables (id, base, name, description) VALUES (?, ?, ?, ?)",
					[table, base, spec.name, spec.description ?? null],
				);
				db.run(`CREATE TABLE ${recordsOf(table)} (${RECORD_COLUMNS})`);
				for (const [index, field] of spec.fields.entries())
					makeField({ base, table }, field, index === 0);
				return { base, table };
			});
		},
		async renameTable(table, name) {
			await db.write(() => {
				tableRow(table.ref);
				if (
					db.all(
						"SELECT 1 FROM tables WHERE base = ? AND name = ? AND id <> ?",
						[table.ref.base, name, table.ref.table],
					).length > 0
				)
					throw new TablesError(
						"bad_argument",
						`there is a table "${name}" already`,
					);
				db.run("UPDATE tables SET name = ? WHERE id = ?", [
					name,
					table.ref.table,
				]);
			});
		},
		async deleteTable(table) {
			await db.write(() => {
				tableRow(table.ref);
				for (const { table: other, field } of linksTo(table.ref))
					if (other !== table.ref.table) dropField(other, field);
				db.run(`DROP TABLE ${recordsOf(table.ref.table)}`);
				for (const kind of ["fields", "views"])
					db.run(`DELETE FROM ${kind} WHERE table_id = ?`, [table.ref.table]);
				db.run("DELETE FROM tables WHERE id = ?", [table.ref.table]);
			});
		},
		async createField(table, spec) {
			return db.write(() => {
				tableRow(table.ref);
				const id = makeField(table.ref, spec, false);
				if (spec.type === "auto_number") {
					const fresh = loadTable(table.ref);
					numberRows(fresh, fresh.byId.get(id) as Field);
				}
				return id;
			});
		},
		async updateField(table, field, spec) {
			await db.write(() => {
				const fresh = loadTable(table.ref);
				const current = fresh.byId.get(field.id);
				if (current === undefined)
					throw new TablesError("not_found", `no field ${field.id}`);
				checkSpec(spec, current.primary);
				checkFree(table.ref.table, spec.name, field.id);
				if (
					current.type === "link" &&
					spec.settings.linkTable !== current.settings.linkTable
				)
					throw new TablesError(
						"unsupported",
						`"${current.name}" cannot point to another table`,
						{ next: "Create another link with create_field." },
					);
				let settings = keptSettings(spec, optionId);
				const changesColumn =
					spec.type !== current.type ||
					storageOf(current) !== storageOf({ type: spec.type, settings });
				if (changesColumn)
					settings = convertColumn(
						db,
						table.ref,
						current,
						spec,
						settings,
						fresh.zone,
						optionId,
					);
				else if (current.settings.options !== undefined)
					changeOptions(table.ref.table, current, settings.options ?? []);
				db.run(
					"UPDATE fields SET name = ?, type = ?, settings = ?, description = ? WHERE id = ?",
					[
						spec.name,
						spec.type,
						JSON.stringify(settings),
						spec.description ?? null,
						field.id,
					],
				);
				if (
					current.settings.reverseField !== undefined &&
					spec.name !== current.name
				) {
					const other = readFields(
						db,
						current.settings.linkTable as string,
					).find(({ id }) => id === current.settings.reverseField);
					if (other !== undefined)
						db.run("UPDATE fields SET settings = ? WHERE id = ?", [
							JSON.stringify({ ...other.settings, reverseName: spec.name }),
							other.id,
						]);
				}
				if (
					spec.type === "auto_number" &&
					settings.numberPattern !== current.settings.numberPattern
				)
					numberRows(fresh, { ...current, settings });
			});
		},
		async deleteField(table, field) {
			await db.write(() => {
				const fresh = loadTable(table.ref);
				const current = fresh.byId.get(field.id);
				if (current === undefined)
					throw new TablesError("not_found", `no field ${field.id}`);
				if (current.primary)
					throw new TablesError(
						"bad_argument",
						`"${current.name}" is the primary field and cannot be deleted`,
					);
				dropField(table.ref.table, current);
				const { linkTable, reverseField } = current.settings;
				const twin =
					linkTable === undefined
						? undefined
						: readFields(db, linkTable).find(({ id }) => id === reverseField);
				if (twin !== undefined) dropField(linkTable as string, twin);
			});
		},

		async createView(table, spec) {
			return db.write(() => {
				const fresh = loadTable(table.ref);
				if (fresh.views.some(({ name }) => name === spec.name))
					throw new TablesError(
						"bad_argument",
						`there is a view "${spec.name}" already`,
					);
				const id = newId("viw", 10);
				const definition = changedDefinition(
					{ filter: null, sort: null, hiddenFields: [], treeBy: null },
					spec,
				);
				db.run(
					"INSERT INTO views (id, table_id, name, type, definition) VALUES (?, ?, ?, ?, ?)",
					[
						id,
						table.ref.table,
						spec.name,
						spec.type,
						JSON.stringify(definition),
					],
				);
				return { id, name: spec.name, type: spec.type, ...definition };
			});
		},
		async updateView(table, view, change) {
			return db.write(() => {
				const current = loadTable(table.ref).views.find(
					({ id }) => id === view.id,
				);
				if (current === undefined)
					throw new TablesError("not_found", `no view ${view.id}`);
				const name = change.name ?? current.name;
				const definition = changedDefinition(
					{
						filter: current.filter ?? null,
						sort: current.sort ?? null,
						hiddenFields: current.hiddenFields ?? [],
						treeBy: current.treeBy ?? null,
					},
					change,
				);
				db.run("UPDATE views SET name = ?, definition = ? WHERE id = ?", [
					name,
					JSON.stringify(definition),
					view.id,
				]);
				return { ...current, name, ...definition } satisfies View;
			});
		},
		async deleteView(_table, view) {
			await db.write(() => {
				if (db.run("DELETE FROM views WHERE id = ?", [view.id]) === 0)
					throw new TablesError("not_found", `no view ${view.id}`);
			});
		},

		maxFileBytes: MAX_FILE_BYTES,
		async uploadFile(_table, _field, source, { signal }, progress) {
			await mkdir(filesDir, { recursive: true, mode: 0o700 });
			const token = newId("fil", 20);
			const part = join(filesDir, `${token}.part`);
			const target = await open(part, "wx", 0o600);
			try {
				for (let start = 0; start < source.size; start += FILE_CHUNK) {
					signal?.throwIfAborted();
					const end = Math.min(start + FILE_CHUNK, source.size);
					await target.write(await source.read(start, end));
					progress(end);
				}
				await target.sync();
			} catch (error) {
				await target.close();
				await rm(part, { force: true });
				throw error;
			}
			await target.close();
			await rename(part, join(filesDir, token));
			await db.write(() =>
				db.run(
					"INSERT INTO files (token, name, size, type) VALUES (?, ?, ?, ?)",
					[token, source.name, source.size, source.type],
				),
			);
			return {
				token,
				name: source.name,
				size: source.size,
				type: source.type,
				url: null,
			};
		},
		async downloadFile(_table, { attachment }) {
			const { token } = attachment;
			if (token === null || !/^fil[0-9A-Za-z]{20}$/.test(token))
				throw new TablesError(
					"not_found",
					`the attachment "${attachment.name}" has no file in the local store`,
				);
			const handle = await open(join(filesDir, token), "r").catch(
				(cause: unknown) => {
					throw new TablesError(
						"not_found",
						`the file of "${attachment.name}" is gone from the local store`,
						{ cause },
					);
				},
			);
			await handle.close();
			return createReadStream(join(filesDir, token));
		},

		async createBase(spec) {
			if (spec.folder !== undefined)
				throw new TablesError("unsupported", "the local store has no folders");
			return db.write(() => {
				if (
					db.all("SELECT 1 FROM bases WHERE name = ?", [spec.name]).length > 0
				)
					throw new TablesError(
						"bad_argument",
						`there is a base "${spec.name}" already`,
					);
				const id = newId("bas", 10);
				db.run("INSERT INTO bases (id, name, time_zone) VALUES (?, ?, ?)", [
					id,
					spec.name,
					spec.timeZone ?? null,
				]);
				return baseInfo(needBase(id));
			});
		},
		async updateBase(base, { name, advancedPermissions }) {
			if (advancedPermissions !== undefined)
				throw new TablesError(
					"unsupported",
					"the local store has no advanced permissions",
				);
			return db.write(() => {
				needBase(base);
				if (name !== undefined)
					db.run("UPDATE bases SET name = ? WHERE id = ?", [name, base]);
				return baseInfo(needBase(base));
			});
		},
		async copyBase(base, { name, structureOnly }) {
			return db.write(() => {
				const from = needBase(base);
				const id = newId("bas", 10);
				db.run("INSERT INTO bases (id, name, time_zone) VALUES (?, ?, ?)", [
					id,
					name,
					from.time_zone ?? null,
				]);
				copyTables(base, id, structureOnly);
				return baseInfo(needBase(id));
			});
		},

		async findPeople(_table, _field, texts) {
			return texts.map((text) => ({ id: text, name: text }));
		},
		async readNames(ids) {
			return new Map(ids.map((id) => [id, id]));
		},
		async check() {
			const [{ result } = { result: "no answer" }] = db
				.all("PRAGMA quick_check(1)")
				.map((row) => ({ result: String(Object.values(row)[0]) }));
			return result === "ok"
				? [{ level: "ok", what: `SQLite file ${file}` }]
				: [
						{
							level: "error",
							what: `the SQLite file ${file} is damaged: ${result}`,
							next: "Restore it from a backup, or move it away to begin anew.",
						},
					];
		},
		async close() {
			db.close();
		},
	};

	function placeOf(row: WireRow): string {
		return Buffer.from(JSON.stringify(places.get(row) ?? [])).toString(
			"base64url",
		);
	}

	function writtenBefore(
		key: string | undefined,
	): readonly string[] | undefined {
		if (key === undefined) return undefined;
		const row = db.all("SELECT ids FROM write_keys WHERE key = ?", [key])[0];
		return row === undefined
			? undefined
			: (JSON.parse(row.ids as string) as string[]);
	}

	function remember(key: string | undefined, ids: readonly string[]): void {
		if (key === undefined) return;
		db.run("INSERT INTO write_keys (key, ids, at_ms) VALUES (?, ?, ?)", [
			key,
			JSON.stringify(ids),
			clock.now(),
		]);
		db.run("DELETE FROM write_keys WHERE at_ms < ?", [
			clock.now() - KEY_LIFE_MS,
		]);
	}

	/** Renames and removals of options, carried into every cell. */
	function changeOptions(
		table: string,
		field: Field,
		after: readonly { readonly id: string; readonly name: string }[],
	): void {
		const names = new Map(after.map(({ id, name }) => [id, name]));
		const moves = new Map(
			(field.settings.options ?? []).flatMap(({ id, name }) =>
				names.get(id) === name ? [] : [[name, names.get(id) ?? null] as const],
			),
		);
		if (moves.size === 0) return;
		const moved = (name: string): string | null =>
			moves.has(name) ? (moves.get(name) ?? null) : name;
		const changes: { readonly n: number; readonly wire: SqlValue }[] = [];
		for (const { n, wire } of eachCell(db, table, `"${field.id}"`)) {
			if (field.type === "single_select") {
				if (moves.has(wire as string))
					changes.push({ n, wire: moved(wire as string) });
				continue;
			}
			const before = JSON.parse(wire as string) as string[];
			if (!before.some((name) => moves.has(name))) continue;
			const left = before.map(moved).filter((name) => name !== null);
			changes.push({
				n,
				wire: left.length === 0 ? null : JSON.stringify(left),
			});
		}
		for (const { n, wire } of changes)
			db.run(`UPDATE ${recordsOf(table)} SET "${field.id}" = ? WHERE n = ?`, [
				wire,
				n,
			]);
	}

	/** Tables with new ids; record ids stay, so that links inside the copy hold. */
	function copyTables(from: string, to: string, structureOnly: boolean): void {
		const ids = new Map<string, string>();
		const tables = db.all(
			"SELECT id, name, description, numbered FROM tables WHERE base = ? ORDER BY rowid",
			[from],
		);
		for (const { id } of tables) {
			ids.set(id as string, newId("tbl", 10));
			for (const field of readFields(db, id as string))
				ids.set(field.id, newId("fld", 10));
		}
		const renamed = (text: string) =>
			text.replace(
				/\b(?:tbl|fld)[0-9A-Za-z]{10}\b/g,
				(id) => ids.get(id) ?? id,
			);
		for (const row of tables) {
			const old = row.id as string;
			const table = ids.get(old) as string;
			const fields = readFields(db, old);
			db.run(
				"INSERT INTO tables (id, base, name, description, numbered) VALUES (?, ?, ?, ?, ?)",
				[
					table,
					to,
					row.name ?? null,
					row.description ?? null,
					structureOnly ? 0 : (row.numbered ?? 0),
				],
			);
			db.run(`CREATE TABLE ${recordsOf(table)} (${RECORD_COLUMNS})`);
			for (const field of fields)
				insertField(
					table,
					{
						name: field.name,
						type: field.type,
						settings: field.settings,
						...(field.description === undefined
							? {}
							: { description: field.description }),
					},
					field.primary,
					JSON.parse(renamed(JSON.stringify(field.settings))),
					ids.get(field.id) as string,
				);
			for (const view of readViews(db, old)) {
				const { id: _id, name, type, ...definition } = view;
				db.run(
					"INSERT INTO views (id, table_id, name, type, definition) VALUES (?, ?, ?, ?, ?)",
					[
						newId("viw", 10),
						table,
						name,
						type,
						renamed(JSON.stringify(definition)),
					],
				);
			}
			if (structureOnly) continue;
			const stored = fields.filter((field) => storageOf(field) !== "system");
			const system = "n, id, created_at, updated_at, created_by, updated_by";
			db.run(
				`INSERT INTO ${recordsOf(table)} (${[system, ...stored.map(({ id }) => `"${ids.get(id)}"`)].join(", ")}) SELECT ${[system, ...stored.map(({ id }) => `"${id}"`)].join(", ")} FROM ${recordsOf(old)}`,
			);
		}
	}
}

const FILE_CHUNK = 1_048_576;

function systemCell(
	column: SystemColumn,
	row: SqlRow,
): WireRow["cells"][string] {
	switch (column) {
		case "$created_at":
			return row.created_at;
		case "$updated_at":
			return row.updated_at;
		case "$created_by":
			return [{ id: row.created_by, name: row.created_by }];
		case "$updated_by":
			return [{ id: row.updated_by, name: row.updated_by }];
		case "$url":
			return null;
	}
}

/** @throws TablesError bad_argument for a cursor that is not ours. */
function readPlace(cursor: string): readonly SqlValue[] {
	try {
		const place = JSON.parse(
			Buffer.from(cursor, "base64url").toString("utf8"),
		) as unknown;
		if (Array.isArray(place) && typeof place[0] === "number")
			return place as SqlValue[];
	} catch {
		// Told below.
	}
	throw new TablesError("bad_argument", "the cursor is damaged", {
		next: "Begin anew without it.",
	});
}

/** Rows after a place: by each sort key in turn, then by row number. Empty cells come first ascending. */
function beyond(
	order: readonly { readonly sql: string; readonly descending: boolean }[],
	[n = 0, ...keys]: readonly SqlValue[],
): Fragment {
	const parts: string[] = [];
	const values: SqlValue[] = [];
	const same: string[] = [];
	const sameValues: SqlValue[] = [];
	for (const [index, { sql, descending }] of order.entries()) {
		const key = keys[index] ?? null;
		const after = descending
			? key === null
				? "0"
				: `(${sql} < ? OR ${sql} IS NULL)`
			: key === null
				? `${sql} IS NOT NULL`
				: `${sql} > ?`;
		parts.push(`(${[...same, after].join(" AND ")})`);
		values.push(
			...sameValues,
			...(after.includes("?") && key !== null ? [key] : []),
		);
		same.push(`${sql} IS ?`);
		sameValues.push(key);
	}
	parts.push(`(${[...same, "n > ?"].join(" AND ")})`);
	return {
		sql: `(${parts.join(" OR ")})`,
		values: [...values, ...sameValues, n],
	};
}

function withoutField(
	filter: NonNullable<View["filter"]>,
	keep: (id: string) => boolean,
): View["filter"] {
	const conditions = (list: NonNullable<View["filter"]>["conditions"]) =>
		list.filter(
			({ field, other_field }) =>
				keep(field) && (other_field === undefined || keep(other_field)),
		);
	const groups = (filter.groups ?? [])
		.map((group) => ({ ...group, conditions: conditions(group.conditions) }))
		.filter((group) => group.conditions.length > 0);
	const rest = conditions(filter.conditions);
	return rest.length + groups.length === 0
		? null
		: { ...filter, conditions: rest, groups };
}
