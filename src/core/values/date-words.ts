/*
 * Names of months and days in the languages whose exports are met; this machine's own tables have them, so that
 * there is no list to keep.
 */

const LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl"];

/** In front of a month, a year or a time. */
export const JOINING: ReadonlySet<string> = new Set(
	"the of at de del den el le la um uhr a as las alle ore om om feira".split(
		" ",
	),
);

/** Further spellings that are usual. */
const MORE_MONTHS: Readonly<Record<string, number>> = {
	sept: 9,
	juni: 6,
	juli: 7,
	maerz: 3,
	mrz: 3,
};

interface Words {
	/** From 1. */
	readonly months: ReadonlyMap<string, number>;
	/** Sunday is 0. */
	readonly weekdays: ReadonlyMap<string, number>;
}

const KNOWN: { words?: Words } = {};

/** Made when the first word is met. */
export function dateWords(): Words {
	KNOWN.words ??= { months: monthWords(), weekdays: weekdayWords() };
	return KNOWN.words;
}

/** Small letters without accents: how the words are kept. */
export function bareWord(word: string): string {
	return word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function monthWords(): ReadonlyMap<string, number> {
	const words = new Map(Object.entries(MORE_MONTHS));
	const names = namesBy("month", [undefined, "numeric"]);
	for (let month = 1; month <= 12; month++)
		for (const text of names(Date.UTC(2026, month - 1, 15)))
			words.set(bareWord(text).replaceAll(".", ""), month);
	return words;
}

function weekdayWords(): ReadonlyMap<string, number> {
	const words = new Map<string, number>();
	const names = namesBy("weekday", [undefined]);
	// 2023 began with a Sunday.
	for (let day = 0; day < 7; day++)
		for (const text of names(Date.UTC(2023, 0, 1 + day)))
			words.set(bareWord(text).replace(/\.|-.*$/g, ""), day);
	return words;
}

/** What a time's month or day is called in each language; a formatter takes far longer to make than to use. */
function namesBy(
	part: "month" | "weekday",
	days: readonly (undefined | "numeric")[],
): (ms: number) => readonly string[] {
	const formatters = LANGUAGES.flatMap((language) =>
		(["long", "short"] as const).flatMap((style) =>
			days.map(
				(day) =>
					new Intl.DateTimeFormat(language, {
						[part]: style,
						...(day === undefined ? {} : { day }),
						timeZone: "UTC",
					}),
			),
		),
	);
	return (ms) =>
		formatters.map(
			(formatter) =>
				formatter.formatToParts(ms).find(({ type }) => type === part)?.value ??
				"",
		);
}

/** 星期五, 周五, 礼拜五, 金曜日, (金), 금요일: taken off, Sunday is 0. */
export const WEEKDAY_MARK =
	/[（(]?(?:(?:星期|周|週|礼拜|禮拜)([日天一二三四五六])|([日月火水木金土])曜日?|([일월화수목금토])요일|(?<=[日号號)\s(])[（(]([日月火水木金土一二三四五六])[）)])[）)]?/u;

const DAY_MARKS = [
	"日天일",
	"月一월",
	"火二화",
	"水三수",
	"木四목",
	"金五금",
	"土六토",
];

/** Sunday is 0. */
export function markedDay(mark: string): number {
	return DAY_MARKS.findIndex((marks) => marks.includes(mark));
}
