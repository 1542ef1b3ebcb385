/** Words and marks of a ticked box, as programs export it and people write it; small, without variation selectors. */
const YES: ReadonlySet<string> = new Set([
	..."true yes y t 1 x on checked ticked selected ja wahr".split(" "),
	..."✓ ✔ √ ☑ ✅ 🗹".split(" "),
	..."是 对 對 真 有 已勾选 勾选 已选中 选中".split(" "),
]);

const NO: ReadonlySet<string> = new Set([
	..."false no n f 0 off unchecked unticked nein falsch".split(" "),
	..."✗ ✘ ✕ ✖ × ☐ ❌ ⬜ -".split(" "),
	..."否 不是 错 錯 假 无 無 没有 未勾选 未选中".split(" "),
]);

/**
 * Words that belong together, and that make a box of a column by themselves: no letters, which stand for much else, and
 * none of a country or state (NO, ON) without the other one.
 */
const PAIRS = [
	{ yes: "true", no: "false", alone: true },
	{ yes: "checked", no: "unchecked", alone: true },
	{ yes: "ticked", no: "unticked", alone: true },
	{ yes: "已勾选", no: "未勾选", alone: true },
	{ yes: "已选中", no: "未选中", alone: true },
	{ yes: "☑", no: "☐", alone: true },
	{ yes: "wahr", no: "falsch", alone: true },
	{ yes: "yes", no: "no", alone: false },
	{ yes: "ja", no: "nein", alone: false },
	{ yes: "on", no: "off", alone: false },
	{ yes: "是", no: "否", alone: false },
	{ yes: "✓", no: "✗", alone: false },
	{ yes: "✔", no: "✘", alone: false },
	{ yes: "✅", no: "❌", alone: false },
] as const;

/** Are these words, as `boxWord` answers them, all of a column that is evidently of boxes? */
export function areBoxes(words: ReadonlySet<string>): boolean {
	return PAIRS.some(
		({ yes, no, alone }) =>
			words.size > 0 &&
			[...words].every((word) => word === yes || word === no) &&
			(alone || words.size === 2),
	);
}

/** A text as `areBoxes` takes it. */
export function boxWord(text: string): string {
	return text
		.trim()
		.replace(/[\ufe0e\ufe0f]/g, "")
		.toLowerCase();
}

/** Longer than any of them. */
const MOST_CHARACTERS = 20;

/** undefined: the text is neither. */
export function yesOrNo(text: string): boolean | undefined {
	// A normal form makes the 1 of a box of ① and of x¹.
	if (text.length > MOST_CHARACTERS || /\p{No}/u.test(text)) return undefined;
	// A variation selector says how a mark is drawn, and nothing about it.
	const bare = text.trim().replace(/[\ufe0e\ufe0f]/g, "");
	const word = bare.normalize("NFKC").toLowerCase();
	if (YES.has(word)) return true;
	return NO.has(word) ? false : undefined;
}
