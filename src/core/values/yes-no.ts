/** Words and marks of a ticked box, as programs export it and people write it; small, without variation selectors. */
const YES: ReadonlySet<string> = new Set([
	..."true yes y t 1 x on checked ticked selected".split(" "),
	..."✓ ✔ √ ☑ ✅ 🗹".split(" "),
	..."是 对 對 真 有 已勾选 勾选 已选中 选中".split(" "),
]);

const NO: ReadonlySet<string> = new Set([
	..."false no n f 0 off unchecked unticked".split(" "),
	..."✗ ✘ ✕ ✖ × ☐ ❌ ⬜ -".split(" "),
	..."否 不是 错 錯 假 无 無 没有 未勾选 未选中".split(" "),
]);

/** Longer than any of them. */
const MOST_CHARACTERS = 20;

/** undefined: the text is neither. */
export function yesOrNo(text: string): boolean | undefined {
	if (text.length > MOST_CHARACTERS) return undefined;
	// A variation selector says how a mark is drawn, and nothing about it.
	const bare = text.trim().replace(/[\ufe0e\ufe0f]/g, "");
	const word = bare.normalize("NFKC").toLowerCase();
	if (YES.has(word)) return true;
	return NO.has(word) ? false : undefined;
}
