import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
	QUESTIONS,
	type QuestionKind,
} from "../../src/core/contract/consent.js";

/*
 * What README's section on safety says, sentence by sentence, beside the tests that prove it: a sentence that nothing
 * proves is not said, and a test that proves one cannot go unnoticed.
 */

const ROOT = new URL("../..", import.meta.url).pathname;

/** The beginning of a sentence, and its proofs: a file in `test`, and titles as they stand there. */
type Row = readonly [begins: string, ...proofs: (readonly [string, string])[]];

const POLICY = "server/policy.test.ts";
const ASKING = "server/asking.test.ts";
const HTTP = "server/asking-http.test.ts";
const CONSENT = "server/consent.test.ts";
const ROWS = "fence/rows.test.ts";
const SWAPS = "fence/swaps.test.ts";
const GOES = "every-vendor/what-goes.test.ts";
const LOSSES = "store/losses.test.ts";
const LOSS = "core/write/loss-property.test.ts";
const FILES = "store/files.test.ts";

const PROVED: readonly Row[] = [
	[
		"Each sentence is held",
		["repository/safety.test.ts", "every sentence has a row"],
	],
	[
		"With `TABLES_MCP_READ_ONLY=1`",
		[POLICY, "leaves the tools that read, and says why another is not on"],
		[POLICY, "of one connection does not bind another"],
	],
	[
		"An export from such a connection",
		[
			"tools/exports-over.test.ts",
			"where all is read-only, a person's %s stays, whatever is agreed",
		],
		[
			"tools/exports-over.test.ts",
			"where all is read-only, the server's own %s may give way to another, until somebody changes it",
		],
	],
	[
		"`bases`, `tables` and `hidden_fields`",
		[ROWS, "is matched as names are everywhere"],
		["core/places/rules.test.ts", "names may hold slashes"],
	],
	[
		"What they hide does not exist",
		[POLICY, "is in no hint, answer, view, export or change, by any name"],
		["fence/closed.test.ts", "what is closed is in no answer, file or line"],
		[
			"fence/property.test.ts",
			"nothing that is closed comes out, is asked for or changes",
		],
	],
	[
		"A formula or lookup that computes",
		[ROWS, "or lookup that a person made over a hidden field is hidden"],
		[SWAPS, "a view that looks at a hidden field does not tell its rows apart"],
		[SWAPS, "a link into a closed table is not written"],
	],
	[
		"A rename lifts no rule",
		[ROWS, "by a tool lifts no rule"],
		[ROWS, "in the app lifts no rule"],
		[ROWS, "in the app between two processes lifts no rule"],
		[ROWS, "is refused in the same words, whyever"],
	],
	[
		"A field that was renamed before",
		[
			"store/fence-memory.test.ts",
			"marks outlive the process, and are seen by another one at once",
		],
		[ROWS, "in the app between two processes lifts no rule"],
	],
	["With `bases` no base", [ROWS, "no base is made or copied"]],
	[
		"With `tables` no table",
		[ROWS, "of tables is refused, and the text names it"],
		[ROWS, "of hidden fields is refused, and the text names it"],
	],
	["A `table/field` rule", [ROWS, "whose field is not found closes its table"]],
	[
		"`doctor` reports every rule",
		[ROWS, "that matches nothing is an error of doctor"],
	],
	[
		"A person is asked before",
		[CONSENT, "%s: a person's no sends nothing, with confirm or without"],
		[
			CONSENT,
			"removing a contact: a person's no holds for every contact of the organisation, and a yes is enough",
		],
		[CONSENT, "all that can be asked about is tried here"],
		[
			"core/write/asked.test.ts",
			"what somebody changes while a person is asked about an undo is left alone",
		],
	],
	[
		"The question and the answer say what else goes",
		[
			GOES,
			"a two-way link that is deleted: the question and the answer name its other side",
		],
		[
			GOES,
			"a table that is deleted: the question and the answer name the columns of other tables that go",
		],
		[
			GOES,
			"options that are removed: the question counts the records that hold them, the answer says what was cleared",
		],
		[
			GOES,
			"a view that is deleted: what was set in it is named, and comes back as far as the vendor reports it",
		],
	],
	[
		"What is known to be refused",
		[
			GOES,
			"a change of type that the store refuses is refused before anybody is asked",
		],
		[GOES, "the primary field is refused before anybody is asked"],
	],
	[
		"Losses are summed",
		[
			LOSSES,
			"what one process reserves counts in another, each table and kind by itself",
		],
		[LOSSES, "a yes in one process sets the sum of all to zero"],
		[
			LOSS,
			"without an agreement no ten minutes take more than ten records and the values of fifty",
		],
	],
	[
		"Filling empty cells",
		[
			LOSS,
			"filling empty cells, changing, deleting and taking back one's own fresh work asks nobody",
		],
		[
			"core/write/own-writes.test.ts",
			"what another person wrote is not one's own",
		],
	],
	[
		"Records of losses or of a no",
		[LOSSES, "a damaged file counts as all that may be lost unasked"],
		[LOSSES, "where the folder goes while the server runs"],
		[
			LOSSES,
			"a person is told that what was lost before cannot be read, and is asked for it",
		],
		[
			"store/refusals.test.ts",
			"where the folder goes while the server runs, anything may have been said no to",
		],
	],
	[
		"What was asked is what is done",
		[
			"core/write/asked.test.ts",
			"a record that does not match any more after the question is not changed; one that matches all the same is",
		],
		[
			"core/write/asked.test.ts",
			"a record that somebody changes while a person is asked about deleting by filter is left alone",
		],
	],
	[
		"A table, field, view, role",
		[
			"server/second-look.test.ts",
			"what was asked about has another name by the time of the yes",
		],
		["server/second-look.test.ts", "every tool that asks is tried"],
		[
			"every-vendor/agreed-contents.test.ts",
			"what is lost is what was agreed to",
		],
	],
	[
		"`TABLES_MCP_CONSENT=never`",
		[
			CONSENT,
			"TABLES_MCP_CONSENT=never asks nobody, and the answer says nothing of a person",
		],
	],
	[
		"`always` asks",
		[
			CONSENT,
			"TABLES_MCP_CONSENT=always asks before every write, and only a client that can",
		],
		[CONSENT, "TABLES_MCP_CONSENT=always suggests no `confirm`"],
		[
			CONSENT,
			"TABLES_MCP_CONSENT=always, %s: `confirm` is never a person's answer",
		],
	],
	[
		"The question is a form",
		[ASKING, "has no fields"],
		[HTTP, "the question comes on the stream of the call itself"],
	],
	[
		"A yes counts however fast",
		[ASKING, "counts after %i ms, and answer and journal say so"],
	],
	[
		"No answer",
		[
			ASKING,
			"a late cancel: nothing is sent, each call asks again, and `confirm` never counts",
		],
		[
			ASKING,
			"ten minutes: the question is taken back, and the next call asks again",
		],
		[
			HTTP,
			"while the question is open is not an answer: nothing is sent, and the next call asks again",
		],
	],
	[
		"A client that leaves two questions",
		[
			ASKING,
			"ten minutes twice: the client counts as one that cannot ask, and `confirm` as with such",
		],
	],
	[
		"A no after 2 seconds",
		[
			ASKING,
			"after %i ms holds for ten minutes against `confirm`, without another question",
		],
		[
			ASKING,
			"a deletion in pieces asks for each piece after a no to the whole",
		],
		[HTTP, "a person's no holds for a session that cannot ask"],
		[
			"store/refusals.test.ts",
			"what one process hears, another knows, each tool by itself",
		],
	],
	[
		"The person can still say yes",
		[
			ASKING,
			"may be taken back by the person, in a question that a call without `confirm` asks",
		],
	],
	[
		"A client that says no within 2 seconds",
		[
			ASKING,
			"with %s: `confirm` counts once it has been asked twice, and then it is not asked again",
		],
		[
			ASKING,
			"an error: nothing is sent, and the next call asks again; twice, and `confirm` counts",
		],
	],
	[
		"Where a person has said no lately",
		[
			ASKING,
			"a %s faster than 2 s does not suggest `confirm` for anything of the same table, and `confirm` does not count",
		],
	],
	[
		"A client without elicitation",
		[
			CONSENT,
			"%s: without elicitation `confirm` must be right, and the refusal says what it is",
		],
	],
	[
		"Import, export and attachments",
		[FILES, "%s is outside, for reading and for writing"],
		[
			FILES,
			"links that lead out are followed and refused, links inside are fine",
		],
	],
	[
		"Of several exports",
		[
			FILES,
			"of calls at once that write one new name one is not asked, and the others are asked about overwriting it",
		],
		[
			FILES,
			"a new %s file does not take the place of one that another process made meanwhile",
		],
	],
	[
		"A download never takes",
		["tools/downloads.test.ts", "a file that was edited since is left alone"],
		[
			"tools/downloads.test.ts",
			"two attachments of one name have two paths, and the same ones again",
		],
	],
	[
		"They are taken out",
		[
			"server/redaction.test.ts",
			"nothing that leaves the server holds a secret, wherever the vendor puts it",
		],
		["server/redaction.test.ts", "leaves no form of a secret in a text"],
	],
	[
		"One of fewer than 4",
		[
			"server/redaction.test.ts",
			"leaves answers readable whatever the secrets are",
		],
	],
	[
		"They go to the vendor",
		["http/client.test.ts", "a redirect is not followed: the credential stays"],
		["http/client.test.ts", "http://10.0.0.1"],
		["http/download.test.ts", "that leads on takes no credential along"],
	],
	[
		"Text that a spreadsheet",
		[
			"store/roundtrip.test.ts",
			"texts that a spreadsheet would run are guarded in CSV, and nowhere else",
		],
		[
			"store/properties.test.ts",
			"a guarded text begins with nothing that a spreadsheet runs, and is itself again",
		],
	],
	[
		"Control and bidirectional",
		[ASKING, "names in a question are quoted, on one line, cleaned and cut"],
	],
	[
		"stdout carries",
		[
			"server/lifecycle.test.ts",
			"stdout carries whole messages and nothing else, whatever happens",
		],
	],
	[
		"Cell values",
		["every-vendor/kept.test.ts", "cell values are in no log line"],
	],
];

const section = (readme: string) =>
	/^## Safety\n(.*?)^## /ms.exec(readme)?.[1] ?? "";

/** Sentences without the words in bold that head a paragraph. */
const sentencesOf = (text: string) =>
	text
		.split("\n")
		.map((line) => line.replace(/^\s*- /, "").replace(/^\*\*[^*]+\*\*: /, ""))
		.flatMap((line) => line.split(/(?<=\.) (?=[A-Z`])/))
		.filter((sentence) => sentence !== "");

const SENTENCES = sentencesOf(
	section(readFileSync(join(ROOT, "README.md"), "utf8")),
);

const ACCESS = "every-vendor/access.test.ts";
const BY_ACCESS = [
	ACCESS,
	"access is taken away only after a yes: a no sends nothing, with confirm or without",
] as const;
const EACH_ASKED = [
	CONSENT,
	"%s: a person's no sends nothing, with confirm or without",
] as const;

/**
 * The sentence about who is asked before what lists many things: each question that there is has its words in it and
 * a proof of its own.
 */
const QUESTIONS_SAID: Readonly<
	Record<
		Exclude<QuestionKind, "any_write">,
		readonly [words: string, proof: readonly [string, string]]
	>
> = {
	delete_table: ["before a table", EACH_ASKED],
	delete_field: ["field", EACH_ASKED],
	delete_view: ["view", EACH_ASKED],
	delete_contact: [
		"contact",
		[
			CONSENT,
			"removing a contact: a person's no holds for every contact of the organisation, and a yes is enough",
		],
	],
	delete_role: ["role is deleted", BY_ACCESS],
	delete_records: ["more than 10 records are deleted", EACH_ASKED],
	change_records: [
		"values of more than 50 records are overwritten",
		EACH_ASKED,
	],
	create_over: [
		"values of more than 50 records are overwritten",
		[
			"core/write/links-lost.test.ts",
			"what gives way where a record is linked once only is asked about and told, %s",
		],
	],
	import_over: ["values of more than 50 records are overwritten", EACH_ASKED],
	replace_files: ["values of more than 50 records are overwritten", EACH_ASKED],
	change_type: ["a field's type is changed", EACH_ASKED],
	remove_options: ["options are removed", EACH_ASKED],
	empty_filter: ["a view's filter is emptied", EACH_ASKED],
	lower_access: ["access is taken away", BY_ACCESS],
	remove_members: ["access is taken away", BY_ACCESS],
	stop_sharing: ["access is taken away", BY_ACCESS],
	undo_records: [
		"what others changed is undone",
		[
			"core/write/asked.test.ts",
			"what somebody changes while a person is asked about an undo is left alone",
		],
	],
	undo_made: [
		"what others changed is undone",
		[
			"core/write/actions.test.ts",
			"a made table or field with what others put in goes only when a person agrees",
		],
	],
	overwrite_file: ["an export overwrites a file", EACH_ASKED],
};

test("each question is said in the sentence about asking, and no other thing is", () => {
	const sentence =
		SENTENCES.find((one) => one.startsWith("A person is asked before")) ?? "";
	const kinds = Object.keys(QUESTIONS_SAID);
	expect([...kinds, "any_write"].sort()).toEqual(Object.keys(QUESTIONS).sort());
	// Of the sentence nothing is left over but what joins its parts, and the sheet that is a part of a file.
	const left = [
		...new Set(Object.values(QUESTIONS_SAID).map(([words]) => words)),
	]
		.sort((one, other) => other.length - one.length)
		.reduce((rest, words) => {
			expect(rest, sentence).toContain(words);
			return rest.replace(words, "");
		}, sentence);
	expect(left.match(/[A-Za-z]+/g)).toEqual(
		"A person is asked or non empty and or a sheet of one".split(" "),
	);
});

test.each(Object.entries(QUESTIONS_SAID))(
	"%s: its test is there, and tries that question",
	(kind, [, [file, title]]) => {
		const source = sourceOf(file);
		expect(isTitleIn(source, title), `${file}: ${title}`).toBe(true);
		if (title === EACH_ASKED[1])
			expect(sourceOf("server/asked.ts")).toContain(`kind: "${kind}"`);
		if (file === ACCESS) expect(source).toContain(`kind: "${kind}"`);
	},
);

test("a sheet that is overwritten has a test of its own", () => {
	expect(
		isTitleIn(
			sourceOf("store/files/export-sheets.test.ts"),
			"a sheet of the same name goes only with consent, whatever its case, and the others stay",
		),
	).toBe(true);
});

test("every sentence has a row, and every row a sentence", () => {
	expect(SENTENCES.length).toBeGreaterThan(30);
	expect(
		SENTENCES.filter(
			(sentence) =>
				PROVED.filter(([begins]) => sentence.startsWith(begins)).length !== 1,
		),
	).toEqual([]);
	expect(
		PROVED.filter(
			([begins]) =>
				SENTENCES.filter((one) => one.startsWith(begins)).length !== 1,
		).map(([begins]) => begins),
	).toEqual([]);
});

const BESIDE = PROVED.map(([begins, ...proofs]) => ({ begins, proofs }));

test.each(BESIDE)("$begins: its tests are there", ({ begins, proofs }) => {
	expect(proofs.length, begins).toBeGreaterThan(0);
	for (const [file, title] of proofs) {
		expect(title.length, `${begins}: ${file}`).toBeGreaterThan(8);
		expect(
			isTitleIn(sourceOf(file), title),
			`${file} has no test "${title}"`,
		).toBe(true);
	}
});

function sourceOf(file: string): string {
	return readFileSync(join(ROOT, "test", file), "utf8");
}

/** As the first text of a title: not in a comment or an expectation. */
function isTitleIn(source: string, title: string): boolean {
	return source
		.split("\n")
		.some((line) =>
			['"', "`", "'"].some((quote) => line.includes(quote + title)),
		);
}
