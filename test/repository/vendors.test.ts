import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesUnder, ROOT } from "./sources.js";

/*
 * One plan for all vendors: the same idea stands in a file of the same name and is exported under the same name, so
 * that whoever knows one vendor's folder finds his way in every other one.
 */

interface Planned {
	/** What the file is. */
	readonly idea: string;
	/** A vendor without it has no adapter. */
	readonly always?: true;
	/** Exports that the file has wherever it is; `{vendor}` stands for the vendor's name. */
	readonly has: readonly string[];
	/** Exports that it may have beside them, since other files of the folder need them; absent: no others. */
	readonly may?: readonly string[] | "any";
}

const PLAN: Readonly<Record<string, Planned>> = {
	index: {
		idea: "the vendor's cover: its environment variables and their texts, capabilities with reasons",
		always: true,
		has: ["{vendor}Vendor"],
	},
	config: {
		idea: "what a person configures; products, with the hosts of their API and pages",
		always: true,
		has: ["{vendor}Config", "{Vendor}Config"],
		may: ["PRODUCTS", "Product", "HOSTS", "ORIGIN"],
	},
	adapter: {
		idea: "puts the methods together",
		always: true,
		has: ["connect"],
	},
	api: {
		idea: "the client of one connection: tokens, rates, and what a rate's bucket is named by",
		has: ["Api", "openApi"],
		may: ["CALLS_PER_SECOND", "LIST_PAGE", "ListPage", "listPage"],
	},
	calls: { idea: "one constant per endpoint", has: [], may: "any" },
	failures: {
		idea: "the vendor's failures as errors of the contract: each code with its words",
		has: ["judge"],
		may: ["judgeText", "JudgeOptions", "FAILURES"],
	},
	catalog: {
		idea: "which bases and tables there are, and how long that is kept",
		always: true,
		has: ["catalogMethods"],
		may: ["Catalog", "openCatalog", "BaseFacts", "Sheet", "baseInfo"],
	},
	urls: {
		idea: "what a pasted URL names, and the URLs of the vendor's pages",
		has: ["resolveUrl"],
		may: [
			"splitBlockToken",
			"urlOf",
			"nodeIn",
			"workspaceIn",
			"SITE",
			"CLOSED",
		],
	},
	bases: { idea: "making and changing bases", has: ["baseMethods"] },
	records: {
		idea: "rows, a page or a batch at a time, and how many those hold",
		always: true,
		has: ["recordMethods"],
		may: ["PAGE", "BATCH", "IDS", "PEOPLE_BY", "at", "sheetOf", "wireFilter"],
	},
	cells: {
		idea: "a cell on the wire, both ways, by type",
		always: true,
		has: ["codecs"],
		may: "any",
	},
	fields: {
		idea: "a field of the wire as one of ours",
		has: ["fieldOf"],
		may: ["showsTime"],
	},
	"new-fields": {
		idea: "a field of ours as the vendor makes it",
		has: ["newField"],
		may: ["NewFieldContext", "checkFirst", "refuse"],
	},
	filter: {
		idea: "conditions that the vendor is asked, by operator",
		always: true,
		has: ["dialect"],
		may: "any",
	},
	"filter-columns": {
		idea: "how a column and a value look to that filter",
		has: ["columnOf", "written", "writtenAll"],
		may: "any",
	},
	formula: {
		idea: "the vendor's formula language",
		has: ["formulaReferences"],
		may: "any",
	},
	schema: {
		idea: "making and changing tables and fields",
		always: true,
		has: ["schemaMethods"],
		may: "any",
	},
	views: {
		idea: "views, as far as the API goes",
		has: ["viewMethods"],
		may: ["viewOf", "definedView", "insertView", "leaveViews", "renameInViews"],
	},
	files: {
		idea: "files, up and down",
		always: true,
		has: ["fileMethods"],
		may: [
			"MAX_FILE_BYTES",
			"CompleteFiles",
			"openCompletion",
			"describedFiles",
		],
	},
	people: {
		idea: "people and groups, by name and by id",
		always: true,
		has: ["peopleMethods"],
	},
	contacts: {
		idea: "contacts of the organisation where they can be changed",
		has: ["contactMethods"],
	},
	sharing: {
		idea: "roles, and whom a base is shared with",
		has: ["sharingMethods"],
		may: ["MEMBERS", "memberKind"],
	},
	forms: { idea: "forms and their questions", has: ["formMethods"] },
	dashboards: {
		idea: "dashboards of a base",
		has: ["dashboardMethods"],
		may: ["readDashboards"],
	},
	automations: {
		idea: "automations of a base",
		has: ["automationMethods"],
	},
	doctor: {
		idea: "what `doctor` prints about a connection",
		always: true,
		has: ["doctorFindings"],
	},
};

/** Files beside the plan, and why one vendor alone has them. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	bitable: {
		"failure-rows":
			"each code with its words: some four hundred lines, apart from the judge",
		"number-pattern": "automatic numbers have a pattern of parts there only",
		"role-tables": "roles limit rows and fields there only",
		"view-filter": "views keep a filter of a form of its own there only",
	},
	dingtalk: {
		clearing: "how a cell is emptied is documented for no type",
		compare: "answers to writes are compared with what was sent",
		"file-token": "a file has no token of the vendor's",
		"record-search": "there is no call that reads several records by id",
		order: "the order of answers is documented nowhere",
	},
	local: {
		conversion: "the store itself turns a column into another type",
		cursor: "the store itself keeps the place in an ordered list",
		layout: "tables of the SQLite file",
		links: "the store itself keeps both sides of a link",
		numbering: "the store itself numbers rows",
		pages: "the store itself puts a page together in SQL",
		settings: "the store itself says which settings it keeps",
		sqlite: "the two drivers of SQLite",
		"sqlite-failures": "what they say of the machine",
		backup: "a copy of the file and its attachments",
		storage: "columns of SQLite by type",
		store: "the open file",
		tables: "making tables is a matter of SQL",
	},
};

const files = filesUnder("src/vendors", /^[^/]+\/[^/]+\.ts$/)
	.map(({ path, text }) => {
		const [, , vendor = "", name = ""] = path.split("/");
		return { vendor, name: name.replace(/\.ts$/, ""), text };
	})
	.filter(({ vendor }) => vendor !== "kit");
const vendors = [...new Set(files.map(({ vendor }) => vendor))];

function exportsOf(text: string): readonly string[] {
	return [
		...text.matchAll(
			/^export (?:async )?(?:function\*?|const|interface|type|class) (\w+)/gm,
		),
	].map(([, name = ""]) => name);
}

const spelled = (name: string, vendor: string) =>
	name
		.replace("{vendor}", vendor)
		.replace("{Vendor}", vendor.charAt(0).toUpperCase() + vendor.slice(1));

test("there are vendors, and each has what no adapter goes without", () => {
	expect(vendors.length).toBeGreaterThan(3);
	const needed = Object.entries(PLAN)
		.filter(([, { always }]) => always)
		.map(([name]) => name);
	for (const vendor of vendors)
		expect(
			files.filter((file) => file.vendor === vendor).map(({ name }) => name),
			vendor,
		).toEqual(expect.arrayContaining(needed));
});

test("every file of the plan is some vendor's, and every exception is there", () => {
	const names = new Set(files.map(({ name }) => name));
	expect(Object.keys(PLAN).filter((name) => !names.has(name))).toEqual([]);
	expect(
		Object.entries(BESIDE).flatMap(([vendor, beside]) =>
			Object.keys(beside)
				.filter(
					(name) =>
						name in PLAN ||
						!files.some((file) => file.vendor === vendor && file.name === name),
				)
				.map((name) => `${vendor}/${name}`),
		),
	).toEqual([]);
});

/** Its text; the pad of a table's cells is not part of it. */
const readme = (folder: string) =>
	readFileSync(join(ROOT, folder, "README.md"), "utf8").replace(/ {2,}/g, " ");

test("the README of the vendors tells the plan, and each vendor's what is beside it", () => {
	const plan = readme("src/vendors");
	expect(
		Object.entries(PLAN)
			.map(([name, { idea }]) => `| \`${name}.ts\` | ${idea} |`)
			.filter((row) => !plan.includes(row)),
	).toEqual([]);
	expect(
		Object.entries(BESIDE).flatMap(([vendor, beside]) => {
			const own = readme(`src/vendors/${vendor}`);
			return Object.entries(beside)
				.map(([name, reason]) => `\`${name}.ts\` (${reason})`)
				.filter((part) => !own.includes(part));
		}),
	).toEqual([]);
});

describe.each(vendors)("%s", (vendor) => {
	const own = files.filter((file) => file.vendor === vendor);

	test("has the files of the plan, and of others only those with a reason", () => {
		expect(
			own
				.map(({ name }) => name)
				.filter((name) => !(name in PLAN) && !BESIDE[vendor]?.[name]),
		).toEqual([]);
	});

	test.each(own.filter(({ name }) => name in PLAN))(
		"$name exports what the plan says",
		({ name, text }) => {
			const { has, may = [] } = PLAN[name] as Planned;
			const expected = has.map((one) => spelled(one, vendor));
			const found = exportsOf(text);
			expect(found).toEqual(expect.arrayContaining(expected));
			if (may !== "any")
				expect(
					found.filter((one) => !expected.includes(one) && !may.includes(one)),
				).toEqual([]);
		},
	);

	test("has no file of more than 450 lines", () => {
		expect(
			own
				.filter(({ text }) => text.split("\n").length > 451)
				.map(({ name }) => name),
		).toEqual([]);
	});
});

test("the kit knows no vendor", () => {
	const words = new RegExp(
		`\\b\\w*(${vendors.filter((name) => name !== "local").join("|")})\\w*`,
		"i",
	);
	for (const { path, text } of filesUnder("src/vendors/kit", /\.ts$/)) {
		expect(text, path).not.toMatch(words);
		for (const vendor of vendors) expect(text).not.toContain(`"../${vendor}/`);
	}
});
