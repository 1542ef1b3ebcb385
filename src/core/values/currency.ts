import type { Field } from "../contract/field.js";
import { quoted } from "./names.js";
import { readNumberText } from "./number-text.js";

/* Which currency a sign stands for. A sign that several share, such as $, fits each of them. */

/** How a currency is written besides its code and the signs that the platform knows. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
	CNY: ["元", "圆", "人民币", "RMB", "CN¥"],
	JPY: ["円", "圓", "JP¥"],
	KRW: ["원"],
	TWD: ["元", "NT$"],
	HKD: ["元", "HK$"],
	USD: ["US$"],
	CAD: ["C$"],
	AUD: ["AU$"],
	SGD: ["S$"],
	SEK: ["kr."],
	NOK: ["kr."],
	DKK: ["kr."],
	PLN: ["zł"],
	CZK: ["Kč"],
};

/** Why an amount with this sign cannot go into the field; undefined: it can, or nothing is known of its currency. */
export function otherCurrency(
	{ name, type, settings: { currency } }: Field,
	money: string | undefined,
	text: string,
): string | undefined {
	return type !== "currency" ||
		currency === undefined ||
		money === undefined ||
		isMoneyOf(money, currency)
		? undefined
		: `is not in the currency of the field: "${name}" is in ${currency}, and ${quoted(text)} in ${money}; give the amount in ${currency}, as a number`;
}

/** Is it the sign, code or word of a currency, as `1 €` has? */
export function isMoney(text: string): boolean {
	return readNumberText(`1 ${text}`)?.money !== undefined;
}

/** May both stand for one currency? */
export function isMoneyOf(money: string, currency: string): boolean {
	const sign = plainSign(money);
	const own = plainSign(currency);
	return (
		signsOf(own).some((one) => fits(sign, one)) ||
		signsOf(sign).some((one) => fits(own, one))
	);
}

/** `$` stands for what is written `US$` as well. */
function fits(sign: string, whole: string): boolean {
	return sign === whole || (/^\p{Sc}$/u.test(sign) && whole.endsWith(sign));
}

/** `$US` as `US$`, `usd` as `USD`. */
function plainSign(text: string): string {
	const bare = text.normalize("NFKC").trim();
	return /^[a-z]{3}$/i.test(bare)
		? bare.toUpperCase()
		: bare.replace(/^(\p{Sc})([A-Z]+)$/u, "$2$1");
}

/** Of a code, or of those that a word such as 元 stands for. */
function signsOf(sign: string): readonly string[] {
	if (CODE.test(sign) && sign !== "RMB") return signsOfCode(sign);
	const codes = Object.keys(WORDS).filter((code) =>
		WORDS[code]?.includes(sign),
	);
	return [sign, ...codes.flatMap(signsOfCode)];
}

const CODE = /^[A-Z]{3}$/;

function signsOfCode(code: string): readonly string[] {
	const shown = (["symbol", "narrowSymbol"] as const).flatMap(
		(currencyDisplay) =>
			new Intl.NumberFormat("en", {
				style: "currency",
				currency: code,
				currencyDisplay,
			})
				.formatToParts(0)
				.flatMap(({ type, value }) => (type === "currency" ? [value] : [])),
	);
	return [code, ...shown, ...(WORDS[code] ?? [])];
}
