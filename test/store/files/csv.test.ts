import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import type { FileRow, ReadOptions } from "../../../src/core/contract/files.js";
import { openCsv } from "../../../src/store/files/csv.js";
import { temporaryFolder } from "../../folder.js";

async function read(content: string | Uint8Array, options: ReadOptions = {}) {
	const path = join(temporaryFolder(), "file.csv");
	writeFileSync(path, content);
	const file = await openCsv(path, options);
	const rows: FileRow[] = [];
	for await (const row of file.rows(0)) rows.push(row);
	return { ...file, all: rows, open: file };
}

const cells = (rows: readonly FileRow[]) => rows.map((row) => row.cells);

describe("the delimiter is guessed", () => {
	test.each([
		["a;b\n1;2;3\n4\n5;6\n", ["a", "b"], "unevenly, and no other"],
		["a,b;c;d\n1;2\n", ["a,b", "c", "d"], "the first line into the most"],
		["a,b\n1,2;3;4\n5,6\n", ["a", "b"], "evenly, before any uneven one"],
		["a\n1;2\n", ["a"], "only behind the first line: a comma"],
	])("%j has the columns %j: it splits %s", async (text, columns) => {
		expect((await read(text)).columns).toEqual(columns);
	});
});

describe("a delimiter that another one equals is told", () => {
	test.each([
		["a,b;c\n1,2;3\n4,5;6\n", /split at ","; ";" would give as many/],
		["a;b|c\n1;2|3\n", /split at ";"; "\|" would give as many/],
	])("%j", async (text, words) => {
		expect((await read(text)).notes.join()).toMatch(words);
		const delimiter = ";";
		const told = (await read(text, { delimiter })).notes.join();
		expect(told).not.toContain("as many");
	});

	test.each(["a,b,c;d\n1,2,3;4\n", 'a,b\n"1;2",3\n'])(
		"and none where one splits better: %j",
		async (text) => {
			expect((await read(text)).notes.join()).not.toContain("as many");
		},
	);
});

describe("encodings", () => {
	const text = "名称,Größe\n张三,zürich €\n李四,ok\n";
	const wanted = [
		{ 名称: "张三", Größe: "zürich €" },
		{ 名称: "李四", Größe: "ok" },
	];
	const chinese = "名称,数量\n张三,一百二十\n测试,你好世界\n";

	const BYTES: readonly [string, Uint8Array, RegExp | undefined][] = [
		["UTF-8", Buffer.from(text), undefined],
		[
			"UTF-8 with a byte order mark",
			Buffer.from(`\ufeff${text}`, "utf8"),
			undefined,
		],
		[
			"UTF-16LE with a byte order mark",
			iconv.encode(text, "utf-16le", { addBOM: true }),
			/little endian.*byte order mark/,
		],
		[
			"UTF-16BE with a byte order mark",
			iconv.encode(text, "utf-16be", { addBOM: true }),
			/big endian.*byte order mark/,
		],
	];
	test.each(BYTES)("%s is found out", async (_, bytes, note) => {
		const { all, columns, notes } = await read(bytes);
		expect(columns).toEqual(["名称", "Größe"]);
		expect(cells(all)).toEqual(wanted);
		if (note === undefined) expect(notes).toEqual([]);
		else expect(notes.join()).toMatch(note);
	});

	test("UTF-16 without a mark is recognised by its zero bytes", async () => {
		const plain = "name,size\none,1\n";
		for (const encoding of ["utf-16le", "utf-16be"]) {
			const { all, notes } = await read(iconv.encode(plain, encoding));
			expect(cells(all)).toEqual([{ name: "one", size: "1" }]);
			expect(notes.join()).toMatch(/UTF-16/);
		}
	});

	test("UTF-16 without a mark is recognised where hardly any of it is ASCII", async () => {
		for (const encoding of ["utf-16le", "utf-16be"]) {
			const { all, notes } = await read(iconv.encode(chinese, encoding));
			expect(cells(all)[1]).toEqual({ 名称: "测试", 数量: "你好世界" });
			expect(notes.join()).toMatch(/UTF-16/);
		}
	});

	const WRONG_AS_GB18030: readonly [string, string, string][] = [
		["Windows-1252", "windows-1252", "Name,Größe\nMüller,süß\nJosé,été\n"],
		["Windows-1252 of one word", "windows-1252", "Name\nMülheim\n"],
		[
			"Shift_JIS",
			"shift_jis",
			"名前,住所\n田中太郎,東京都千代田区\nテスト,こんにちは\n",
		],
		[
			"Shift_JIS of katakana",
			"shift_jis",
			"ﾅﾏｴ,ｼﾞｭｳｼｮ\nﾀﾅｶ ﾀﾛｳ,ﾄｳｷｮｳﾄ ﾁﾖﾀﾞｸ\nｽｽﾞｷ ﾊﾅｺ,ｵｵｻｶﾌ\n",
		],
		[
			"EUC-JP",
			"euc-jp",
			"名前,住所\n田中太郎,東京都千代田区\n鈴木花子,大阪府\n",
		],
		["Big5", "big5", "姓名,地址\n陳大文,台北市中正區\n林小姐,高雄市\n"],
		[
			"EUC-KR",
			"euc-kr",
			"이름,주소\n김철수,서울특별시 강남구\n박영희,부산광역시 해운대구\n안녕하세요,고맙습니다\n",
		],
		["GB18030 of two characters", "gb18030", "a\n好\n好\n"],
	];
	test.each(WRONG_AS_GB18030)(
		"%s is not taken for GB18030",
		async (_, encoding, content) => {
			const bytes = iconv.encode(content, encoding);
			await expect(read(bytes)).rejects.toMatchObject({
				code: "bad_argument",
				message: expect.stringMatching(
					/^the encoding is not certain: the file is not UTF-8 \(first in line \d\)/,
				),
				next: expect.stringContaining("Pass `encoding`"),
			});
			const { columns } = await read(bytes, { encoding });
			expect(columns).toEqual(content.split("\n")[0]?.split(","));
		},
	);

	const GB18030 = [
		"客户,电话,地址\n张伟,13800000000,北京市海淀区中关村大街1号\n",
		"订单编号,产品,单价,数量,备注\nA-1,苹果手机,5999.00,2,请尽快发货，谢谢！\n",
		"姓名,部门\n欧阳娜娜,销售部\n諸葛亮,研发中心\n王鑫淼,财务部\n李婷,人事部\n",
		"项目,状态\n数据迁移,进行中\n验收,未开始\n",
		"商品名称\n羽绒服（黑色）\n保温杯500ml\n蓝牙耳机\n",
	];
	test.each(GB18030)("%j of GB18030 is recognised", async (content) => {
		const { columns } = await read(iconv.encode(content, "gb18030"));
		expect(columns).toEqual(content.split("\n")[0]?.split(","));
	});

	test("UTF-8 with a byte too few is not another encoding", async () => {
		const bytes = Buffer.from("名称,数量\n张三,一\n李四,二\n");
		const cut = Buffer.concat([
			bytes.subarray(0, bytes.indexOf("李") + 2),
			bytes.subarray(bytes.indexOf("李") + 3),
		]);
		await expect(read(cut)).rejects.toMatchObject({
			code: "bad_argument",
			message:
				"the file is UTF-8 except for 1 place, the first in line 3: what stands there cannot be read",
		});
	});

	test("bytes that are not of the encoding that was named are refused, not replaced", async () => {
		for (const encoding of ["gb18030", "big5", "shift-jis"])
			await expect(
				read(Buffer.from([0x61, 0x0a, 0x62, 0x0a, 0x81, 0x20, 0x0a]), {
					encoding,
				}),
			).rejects.toMatchObject({
				message: expect.stringMatching(/^the file is not .*behind line 1/),
			});
	});

	test("what is not UTF-8 and reads as Chinese is GB18030, and that is said", async () => {
		const { all, columns, notes } = await read(
			iconv.encode(chinese, "gb18030"),
		);
		expect(columns).toEqual(["名称", "数量"]);
		expect(cells(all)[1]).toEqual({ 名称: "测试", 数量: "你好世界" });
		expect(notes.join()).toMatch(/GB18030.*pass `encoding`/);
	});

	test("a character that straddles two chunks of the file stays whole", async () => {
		// One byte before, so that three-byte characters fall across every power of two.
		const long = `a名\n${"名称测试".repeat(40_000)}\n`;
		const { all } = await read(long);
		expect(all[0]?.cells.a名).toBe("名称测试".repeat(40_000));
		const { all: wide } = await read(
			iconv.encode(`名\n${"好".repeat(100_001)}\n`, "gb18030"),
		);
		expect(wide[0]?.cells.名).toBe("好".repeat(100_001));
	});

	const GIVEN: readonly [string, string][] = [
		["gbk", "gbk"],
		["GB2312", "gb2312"],
		["big5", "big5"],
		["shift-jis", "shift_jis"],
		["latin1", "windows-1252"],
		["utf-16be", "utf-16be"],
		["cp1252", "windows-1252"],
		["CP932", "shift_jis"],
		["cp936", "gbk"],
		["cp950", "big5"],
		["ms949", "euc-kr"],
		["windows_1252", "windows-1252"],
		["ISO-8859-1", "windows-1252"],
		["iso8859-15", "iso-8859-15"],
		["sjis", "shift_jis"],
		["UTF-8-SIG", "utf-8"],
		["utf_8", "utf-8"],
		["cp65001", "utf-8"],
	];
	test.each(GIVEN)("%s is read when it is named", async (name, encoding) => {
		const sample = /^(windows|iso)-/.test(encoding)
			? "é,ü\n1,ñ\n"
			: "中,文\n1,日\n";
		const { all, columns } = await read(iconv.encode(sample, encoding), {
			encoding: name,
		});
		expect(columns).toEqual(sample.split("\n")[0]?.split(","));
		expect(Object.values(all[0]?.cells ?? {})).toEqual(
			sample.split("\n")[1]?.split(","),
		);
	});

	test("a byte order mark counts more than what was named, and says so", async () => {
		const { columns, notes } = await read("\uFEFFa,b\nRené,x\n", {
			encoding: "windows-1252",
		});
		expect(columns).toEqual(["a", "b"]);
		expect(notes.join()).toMatch(/utf-8 by its byte order mark.*windows-1252/);
	});

	test.each([
		["René,x", "windows-1252"],
		["张三,北京", "gbk"],
		["日本,東京", "shift_jis"],
	])(
		"UTF-8 is not read as another encoding: %s as %s",
		async (row, encoding) => {
			await expect(read(`a,b\n${row}\n`, { encoding })).rejects.toMatchObject({
				message: expect.stringMatching(/the file is UTF-8, with \d/),
				next: expect.stringContaining("utf-8"),
			});
		},
	);

	test("an encoding that does not exist is answered with those that do", async () => {
		await expect(read("a\n1\n", { encoding: "utf-9" })).rejects.toMatchObject({
			code: "bad_argument",
			message: expect.stringContaining('"utf-9"'),
			next: expect.stringContaining("gb18030"),
		});
	});

	test("a file that is not what was named is refused", async () => {
		await expect(
			read(iconv.encode(chinese, "gb18030"), { encoding: "utf-8" }),
		).rejects.toMatchObject({ message: expect.stringContaining("not utf-8") });
	});
});

describe("delimiters", () => {
	const GUESSED: readonly [string, string][] = [
		["a comma", ","],
		["a semicolon", ";"],
		["a tab", "\t"],
		["a bar", "|"],
	];
	test.each(GUESSED)("%s is found out", async (_, delimiter) => {
		const lines = [
			["name", "size", "note"],
			["a", "1", "b c"],
			["d", "2", "f"],
		];
		const { all, notes } = await read(
			lines.map((line) => line.join(delimiter)).join("\n"),
		);
		expect(cells(all)).toEqual([
			{ name: "a", size: "1", note: "b c" },
			{ name: "d", size: "2", note: "f" },
		]);
		expect(notes).toEqual(
			delimiter === ","
				? []
				: [expect.stringContaining(JSON.stringify(delimiter))],
		);
	});

	test("commas inside of quotes do not mislead the search", async () => {
		const { all } = await read('n;t\n"a,b,c,d";1\n"e,f,g,h";2\n');
		expect(cells(all)).toEqual([
			{ n: "a,b,c,d", t: "1" },
			{ n: "e,f,g,h", t: "2" },
		]);
	});

	test.each([":", "~", "^", "¦", "#"])(
		"any one character can be named: %s",
		async (delimiter) => {
			const { all } = await read(
				`a${delimiter}b\n1,2${delimiter}"x${delimiter}y"\n`,
				{ delimiter },
			);
			expect(cells(all)).toEqual([{ a: "1,2", b: `x${delimiter}y` }]);
		},
	);

	test.each(["", "::"])("a delimiter of %j is refused", async (delimiter) => {
		await expect(read("a,b\n1,2\n", { delimiter })).rejects.toMatchObject({
			code: "bad_argument",
			message: expect.stringContaining("one character"),
		});
	});
});

describe("lines", () => {
	test("a record's line is the physical one where it begins", async () => {
		const { all } = await read(
			[
				"a,b", // 1
				'"one\ntwo",x', // 2-3
				"", // 4
				'"crlf\r\ninside\r\n",y', // 5-7
				'"""quoted""\n\n",z', // 8-10
				"last,w", // 11
			].join("\n"),
		);
		expect(all.map(({ record, line }) => [record, line])).toEqual([
			[0, 2],
			[1, 5],
			[2, 8],
			[3, 11],
		]);
		expect(all[1]?.cells.a).toBe("crlf\r\ninside\r\n");
		expect(all[2]?.cells.a).toBe('"quoted"\n\n');
	});

	test.each(["\n", "\r\n", "\r"])(
		"line breaks of %j count the same",
		async (lineBreak) => {
			const { all, columns } = await read(
				["a,b", "1,2", "", "", '"x",3', "4,5,6"].join(lineBreak),
			);
			expect(columns).toEqual(["a", "b"]);
			expect(all.map(({ line }) => line)).toEqual([2, 5, 6]);
			expect(all[2]?.problem).toMatch(/has 3 cells, the header has 2/);
		},
	);

	test("ragged rows are problems of their own and stop nothing", async () => {
		const { all } = await read("a,b\n1\n1,2,3\n1,2\n");
		expect(all.map(({ problem }) => problem)).toEqual([
			expect.stringContaining("has 1 cell,"),
			expect.stringContaining("has 3 cells"),
			undefined,
		]);
	});

	test("reading from a record on keeps numbers and lines", async () => {
		const { open, all } = await read('a\n"1\n1"\n2\n"3\r\n3"\n4\n');
		const later: FileRow[] = [];
		for await (const row of open.rows(2)) later.push(row);
		expect(later).toEqual(all.slice(2));
		expect(later[0]).toMatchObject({ record: 2, line: 5 });
	});

	test("a quote that is never closed is refused with the line where it opens: no record is made of what may be one cell", async () => {
		await expect(read('a,b\n1,2\n"open,3\n4,5\n')).rejects.toMatchObject({
			code: "bad_argument",
			message: expect.stringMatching(/from line 3 on: a quote.*never closed/),
		});
	});

	test.each([
		['a,b\n"open,1\nx,"y"\nz,2\n', "2 to 3", { a: "z", b: "2" }],
		['a,b\n1,"note\n7,8\nend"x\n4,5\n', "2 to 4", { a: "4", b: "5" }],
	])(
		"%j has one bad row, with all lines that its quote spans: none of them is a record",
		async (text, lines, next) => {
			const { all } = await read(text);
			expect(all).toEqual([
				expect.objectContaining({
					line: 2,
					problem: expect.stringMatching(
						new RegExp(`behind a closing quote.*the lines ${lines}$`),
					),
				}),
				expect.objectContaining({ cells: next }),
			]);
		},
	);

	test("a quote in a cell that does not begin with one is a character", async () => {
		const { all } = await read(
			'a,b\n5" pipe,say "hi"\n6\'2","a ""quoted"" one, here"\n',
		);
		expect(cells(all)).toEqual([
			{ a: '5" pipe', b: 'say "hi"' },
			{ a: "6'2\"", b: 'a "quoted" one, here' },
		]);
	});

	test("a header whose quote is wrong is refused with its line", async () => {
		await expect(read('"a,b\n1,2\n')).rejects.toMatchObject({
			code: "bad_argument",
			message: expect.stringMatching(/from line 1 on: a quote.*never closed/),
		});
	});

	test("line breaks of every kind in one file", async () => {
		const { all } = await read("a,b\r1,2\n3,4\r\n5,6\r\r\n\n7,8");
		expect(all.map(({ line, cells: { a, b } }) => [line, a, b])).toEqual([
			[2, "1", "2"],
			[3, "3", "4"],
			[4, "5", "6"],
			[7, "7", "8"],
		]);
	});

	test("empty cells beyond the header are nothing, others make a bad row", async () => {
		const { all } = await read("a,b\n1,2,\n3,4,, ,\n5,6,7\n");
		expect(all.map(({ problem }) => problem)).toEqual([
			undefined,
			undefined,
			"has 3 cells, the header has 2",
		]);
	});

	test("lines of nothing but delimiters make no records", async () => {
		const { all } = await read('a,b\n,\n1,2\n ,  \n"",""\n3,4\n,,,\n');
		expect(all.map(({ record, line }) => [record, line])).toEqual([
			[0, 3],
			[1, 6],
		]);
	});
});

describe("headers", () => {
	test.each([
		["plain", "sep=;\r\nName;N\r\nAlice;1\r\n"],
		["quoted", '"sep=;"\nName;N\nAlice;1\n'],
		["behind a mark, in capitals", "\ufeffSEP=|\nName|N\nAlice|1\n"],
		["of a comma", "sep=,\nName,N\nAlice,1\n"],
	])("a line that names the delimiter is no header: %s", async (_, text) => {
		const { columns, all } = await read(text);
		expect(columns).toEqual(["Name", "N"]);
		expect(all).toEqual([
			{ record: 0, line: 3, cells: { Name: "Alice", N: "1" } },
		]);
	});

	test("names are trimmed, and empty ones behind the last are no columns", async () => {
		const { columns, notes, all } = await read(" a , b,, \n1,2,,\n3,4,5,\n");
		expect([columns, notes]).toEqual([["a", "b"], []]);
		expect(all.map(({ problem }) => problem)).toEqual([
			undefined,
			"has a value in cell 3, and the header has no name for that column: name it there, or empty the cell",
		]);
	});

	const TITLED = "Sales of 2026\n\nName;N\nAlice;1\nBob;2\n";
	test("a title above the header is said, with the argument that skips it", async () => {
		const { hint, notes } = await read(TITLED);
		expect(hint).toBe(
			"row 1 has one cell and looks like a title: where the names of the columns are in row 3, pass `header_row`: 3",
		);
		expect(notes).toContain(hint);
		const { columns, all, hint: none } = await read(TITLED, { headerRow: 3 });
		expect([columns, none]).toEqual([["Name", "N"], undefined]);
		expect(all.map(({ record, line }) => [record, line])).toEqual([
			[0, 4],
			[1, 5],
		]);
	});

	test.each([
		["one cell each", "# made by hand", 11],
		["with the delimiter", "# made by; hand", 3],
		["with another delimiter", "# made, by, hand", 40],
	])("comments above the header are said: %s", async (_, comment, count) => {
		const lines = Array.from({ length: count }, () => comment);
		const text = [...lines, "id;v", "1;2", "2;3", ""].join("\n");
		const { hint, notes } = await read(text);
		expect(hint).toMatch(
			new RegExp(
				`where the names of the columns are in row ${count + 1}, pass .header_row.: ${count + 1}$`,
			),
		);
		expect(notes).toContain(hint);
		const { columns } = await read(text, { headerRow: count + 1 });
		expect(columns).toEqual(["id", "v"]);
	});

	test.each([
		"#,Name\n1,Ann\n2,Bob\n",
		"#id,Name\n#1,Ann\n#2,Bob\n",
		"Tag\n#a\n#b\n",
	])("a # that is no comment is not said to be one: %j", async (text) => {
		expect((await read(text)).hint).toBeUndefined();
	});

	test.each([
		["1,REF-1,12.5\n2,REF-2,13.5\n", '"1", "12.5"'],
		["REF-1,2026-11-20\nREF-2,2026-11-21\n", '"2026-11-20"'],
		["Ann,ann@x.example\nBob,bob@x.example\n", '"ann@x.example"'],
	])("a first row like those behind it is said: %j", async (text, like) => {
		expect((await read(text)).notes).toContain(
			`row 1 names the columns, and looks like the rows behind it (${like}): where it is a record, put a row of names above it; where the names are in another row, pass \`header_row\``,
		);
	});

	test.each([
		"Name,Amount\nAnn,1\nBob,2\n",
		"Region,2025,2026\nNorth,12,15\nSouth,13,16\n",
		"Code,2026-11-20\nA,5\nB,6\n",
		"1,Amount\n1,2\n2,3\n",
		"a,b\nc,d\n",
	])("names above values are no record: %j", async (text) => {
		expect((await read(text)).notes).toEqual([]);
	});

	test("one column under its name is no title", async () => {
		expect((await read("Name\nAlice\nBob\n")).hint).toBeUndefined();
	});

	test.each([2, 9])(
		"a header row %d that is blank or not there",
		async (row) => {
			await expect(read(TITLED, { headerRow: row })).rejects.toMatchObject({
				code: "bad_argument",
				message: `row ${row} of the file, which \`header_row\` names, is empty or not there`,
			});
		},
	);

	test("a header alone is a file without rows", async () => {
		const { columns, all } = await read("a,b\n");
		expect(columns).toEqual(["a", "b"]);
		expect(all).toEqual([]);
	});

	test.each(["", "\n\n", "\ufeff"])(
		"a file of %j has no header and is refused",
		async (content) => {
			await expect(read(content)).rejects.toMatchObject({
				message: expect.stringContaining("the file is empty"),
			});
		},
	);

	test("columns of the same or of no name get names of their own, noted", async () => {
		const { columns, notes, all } = await read("a,a,,a (2),a\n1,2,3,4,5\n");
		expect(new Set(columns).size).toBe(5);
		expect(Object.values(all[0]?.cells ?? {})).toEqual([
			"1",
			"2",
			"3",
			"4",
			"5",
		]);
		expect(notes.join("\n")).toMatch(/names "a" twice/);
		expect(notes.join("\n")).toMatch(/column 3 has no name/);
	});
});

test("a file that breaks off the encoding far in, or goes away, fails the reading and nothing else", async () => {
	const path = join(temporaryFolder(), "file.csv");
	const good = `a,b\n${"x,y\n".repeat(50_000)}`;
	writeFileSync(
		path,
		Buffer.concat([Buffer.from(good), Buffer.of(0xff, 0x0a)]),
	);
	const file = await openCsv(path, { encoding: "utf-8", delimiter: "," });
	const all = async () => {
		let rows = 0;
		for await (const row of file.rows(0)) rows += row.record >= 0 ? 1 : 0;
		return rows;
	};
	await expect(all()).rejects.toMatchObject({
		message: expect.stringContaining("not utf-8"),
	});
	rmSync(path);
	await expect(all()).rejects.toMatchObject({ code: "bad_argument" });
});

test("numbers that a spreadsheet program has saved in short form are said, once all was read", async () => {
	const { notes, cellNotes, all } = await read(
		"Id;x;y\n4.00638E+12;1.5e+12;1E+3\n1,23457E+12;5;-2E+05\n7;1;1\n",
	);
	expect(all).toHaveLength(3);
	expect(notes.join()).not.toContain("short form");
	expect(cellNotes?.()).toEqual([
		'column "Id": 2 numbers of 12 digits and more in short form, the first on line 2 (4.00638E+12): spreadsheet programs save what they show, so that the other digits are lost; where they are ids, take them from their source as text',
	]);
});
