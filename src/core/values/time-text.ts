/** A time of day, taken off the end of a date. */
export interface TakenTime {
	/** What stands before it. */
	readonly date: string;
	/** `14:30`, `14:30:15.250+08:00`; "": none was given. */
	readonly time: string;
}

const MORNING = "上午|午前|오전|凌晨|清晨|早上|a\\.?\\s?m\\.?";
const AFTERNOON = "下午|午後|午后|오후|中午|晚上|p\\.?\\s?m\\.?";
const HALF = `${MORNING}|${AFTERNOON}`;

/** Hours and minutes with a half of the day on either side, and an offset. */
const TIME = new RegExp(
	`(?:(?<=[日号號일)])|[T\\s,]|(?=上午|午前|오전|凌晨|清晨|早上|下午|午後|午后|오후|中午|晚上))\\s*(${HALF})?\\s*(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?\\s*(${HALF})?\\s*(Z|UTC|GMT|[+-]\\d{2}(?::?\\d{2}(?::\\d{2})?)?)?(?:\\s*uhr)?$`,
	"i",
);

/** 14时30分15秒 as 14:30:15. */
const MARKED =
	/(\d{1,2})\s*[时時点點시]\s*(\d{1,2})\s*[分분](?:\s*(\d{1,2})\s*[秒초])?$/u;

const IS_MORNING = new RegExp(`^(?:${MORNING})$`, "i");

/** undefined: what looks like a time does not exist, or may be two times of the day. `text`: in NFKC. */
export function takeTime(text: string): TakenTime | undefined {
	const plain = text.replace(MARKED, (_, hour, minute, second) =>
		[hour, minute.padStart(2, "0"), (second ?? "00").padStart(2, "0")].join(
			":",
		),
	);
	const match = TIME.exec(plain);
	if (match === null)
		return /\d:\d/.test(plain) ? undefined : { date: plain, time: "" };
	const [all, before, given, minute, second, fraction, after, offset = ""] =
		match;
	if (before !== undefined && after !== undefined) return undefined;
	const hour = hourOf(Number(given), before ?? after);
	if (hour === undefined) return undefined;
	const seconds =
		second === undefined
			? ""
			: `:${second}${fraction === undefined ? "" : `.${fraction}`}`;
	return {
		date: plain.slice(0, match.index + all.length - all.trimStart().length),
		time: `${String(hour).padStart(2, "0")}:${minute}${seconds}${offsetOf(offset)}`,
	};
}

function offsetOf(offset: string): string {
	if (/^(?:utc|gmt|z)$/i.test(offset)) return "Z";
	return /^[+-]\d{2}$/.test(offset) ? `${offset}:00` : offset;
}

/** The hour from 0 to 24; undefined where the half of the day does not fit it. */
function hourOf(hour: number, half: string | undefined): number | undefined {
	if (half === undefined) return hour;
	if (IS_MORNING.test(half))
		return hour > 12 ? undefined : hour === 12 ? 0 : hour;
	// Twelve at night may be the beginning or the end of a day, and eleven "at noon" is before noon.
	if (half === "晚上") return nightHour(hour);
	if (half === "中午")
		return hour === 11 || hour === 12
			? hour
			: hour < 3 && hour > 0
				? hour + 12
				: undefined;
	return hour < 12 ? hour + 12 : hour;
}

function nightHour(hour: number): number | undefined {
	if (hour >= 17) return hour;
	return hour >= 5 && hour < 12 ? hour + 12 : undefined;
}
