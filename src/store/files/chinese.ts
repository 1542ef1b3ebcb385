/*
 * Is a text that was read as GB18030 one that people wrote in it? Nearly every sequence of bytes is valid GB18030, so
 * that files of Japan, Korea, Taiwan and western Europe read without an error, as characters that nobody uses.
 */

/** What was counted in a text; ASCII says nothing and is left out. */
export interface ChineseCount {
	/** Characters that are not ASCII. */
	readonly all: number;
	/** Of them those in the standard of 1980, which has what people write; beyond it are 14,000 that they do not. */
	readonly known: number;
	/** Of `known`: Chinese characters. */
	readonly hanzi: number;
	/** Of `hanzi`: those that stand in every text. */
	readonly common: number;
	/** Of `hanzi`: those whose bytes would be Korean syllables. */
	readonly maybeKorean: number;
	/** Japanese syllables: Chinese tables have none. */
	readonly kana: number;
}

/** Fewer are not enough to tell by. */
const LEAST = 4;
/** Names and places have a few others. */
const LEAST_KNOWN = 0.95;
/** Of any text at least 40 %; of characters that were hit by chance less than 20 %. */
const LEAST_COMMON = 0.3;
/** Where the bytes are Korean syllables as well, which of Chinese ones half are. */
const LEAST_COMMON_IF_KOREAN = 0.5;
const MOST_KANA = 0.1;

/** Does what was counted prove that the text is Chinese in its usual encoding? */
export function isChinese(count: ChineseCount): boolean {
	const { all, known, hanzi, common, maybeKorean, kana } = count;
	const least = maybeKorean === hanzi ? LEAST_COMMON_IF_KOREAN : LEAST_COMMON;
	return (
		all >= LEAST &&
		known >= all * LEAST_KNOWN &&
		hanzi > 0 &&
		common >= hanzi * least &&
		kana <= all * MOST_KANA
	);
}

/** Counts the characters of a text that comes in pieces. */
export function chineseCounter(): {
	add(text: string): void;
	count(): ChineseCount;
} {
	const known = standardCharacters();
	const count = {
		all: 0,
		known: 0,
		hanzi: 0,
		common: 0,
		maybeKorean: 0,
		kana: 0,
	};
	return {
		add(text) {
			if (count.all >= ENOUGH) return;
			for (const [character] of text.matchAll(/[^\0-\x7f]/gu)) {
				count.all++;
				const lead = known.get(character);
				if (lead === undefined) continue;
				count.known++;
				if (lead === KANA[0] || lead === KANA[1]) count.kana++;
				if (lead < FIRST_HANZI) continue;
				count.hanzi++;
				if (lead <= LAST_HANGUL) count.maybeKorean++;
				if (COMMON.has(character)) count.common++;
			}
		},
		count: () => count,
	};
}

/** More would not change what was found. */
const ENOUGH = 200_000;

const KANA = [0xa4, 0xa5] as const;
const FIRST_HANZI = 0xb0;
const LAST_HANGUL = 0xc8;

/** Characters of GB 2312 with their first byte. */
function standardCharacters(): ReadonlyMap<string, number> {
	const decoder = new TextDecoder("gb18030");
	const characters = new Map<string, number>();
	for (let lead = 0xa1; lead <= 0xf7; lead++) {
		if (lead > 0xa9 && lead < FIRST_HANZI) continue;
		for (let trail = 0xa1; trail <= 0xfe; trail++)
			characters.set(decoder.decode(Uint8Array.of(lead, trail)), lead);
	}
	return characters;
}

/** The most frequent of all texts, then those of orders, addresses and names. */
const COMMON: ReadonlySet<string> = new Set(
	"的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运" +
		"称额价单户客商订货款税费址邮箱姓码省县镇村街楼室号栋集团股份限责技贸易购采库存收付账银卡备注状态未项签约审批申请级型编季京州深圳江苏浙河湖川福陕徽测试六七八九百千零李刘陈杨黄赵吴周徐孙朱胡郭林罗郑梁谢宋唐韩冯邓曹彭曾你好友谢厂店库班组产销售发票",
);
