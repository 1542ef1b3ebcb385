/**
 * Words and marks of a ticked box, as programs export it and people write it; small, without variation selectors. None
 * of them is a yes in one language and a no in another.
 */
const YES: ReadonlySet<string> = new Set([
	..."true yes y t 1 x on checked ticked selected ja wahr".split(" "),
	..."oui vrai sí si verdadero sì vero sim verdadeiro да истина".split(" "),
	..."tak prawda evet doğru có đúng ya waar はい 예 네".split(" "),
	..."✓ ✔ √ ☑ ✅ 🗹".split(" "),
	..."是 对 對 真 有 已勾选 勾选 已选中 选中".split(" "),
]);

const NO: ReadonlySet<string> = new Set([
	..."false no n f 0 off unchecked unticked nein falsch".split(" "),
	..."non faux falso não nao нет ложь nee onwaar nie fałsz".split(" "),
	..."hayır hayir yanlış không sai tidak いいえ 아니오 아니요".split(" "),
	..."✗ ✘ ✕ ✖ × ☐ ❌ ⬜ -".split(" "),
	..."否 不是 错 錯 假 无 無 没有 未勾选 未选中".split(" "),
]);

/**
 * Words that belong together, and that make a box of a column by themselves: no letters, which stand for much else, and
 * none of a country or state (NO, ON) without the other one, and not SI beside NO, which are countries as well.
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
	{ yes: "oui", no: "non", alone: false },
	{ yes: "vrai", no: "faux", alone: false },
	{ yes: "sí", no: "no", alone: false },
	{ yes: "verdadero", no: "falso", alone: false },
	{ yes: "sì", no: "no", alone: false },
	{ yes: "vero", no: "falso", alone: false },
	{ yes: "sim", no: "não", alone: false },
	{ yes: "verdadeiro", no: "falso", alone: false },
	{ yes: "да", no: "нет", alone: false },
	{ yes: "истина", no: "ложь", alone: false },
	{ yes: "ja", no: "nee", alone: false },
	{ yes: "waar", no: "onwaar", alone: false },
	{ yes: "tak", no: "nie", alone: false },
	{ yes: "prawda", no: "fałsz", alone: false },
	{ yes: "evet", no: "hayır", alone: false },
	{ yes: "doğru", no: "yanlış", alone: false },
	{ yes: "có", no: "không", alone: false },
	{ yes: "đúng", no: "sai", alone: false },
	{ yes: "ya", no: "tidak", alone: false },
	{ yes: "はい", no: "いいえ", alone: false },
	{ yes: "예", no: "아니오", alone: false },
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

/** A text as `areBoxes` takes it. HAYIR has a small form with a dot and, in its own language, one without. */
export function boxWord(text: string): string {
	const word = text
		.trim()
		.replace(/[\ufe0e\ufe0f]/g, "")
		.normalize("NFC")
		.toLowerCase();
	return word === "hayir" ? "hayır" : word;
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
