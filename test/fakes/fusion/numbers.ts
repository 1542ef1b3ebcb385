import type { Settings } from "./model.js";

/** From here on numbers are shown with an exponent and five decimals (measured: 1e15 is not, 1e16 is). */
const EXPONENT_FROM = 1e16;

function decimals(value: number, precision: number): string {
	if (Math.abs(value) >= EXPONENT_FROM) return value.toExponential(5);
	const text = value.toFixed(Math.min(100, precision));
	return Number(text) === 0 ? text.replace("-", "") : text;
}

export function plainNumber(value: number): string {
	return String(value);
}

/** `"7.000kg"` */
export function numberText(value: number, settings: Settings): string {
	const text = decimals(value, settings.precision ?? 0);
	return `${text}${settings.symbol ?? ""}`;
}

/** `"-$1,234.50"` */
export function currencyText(value: number, settings: Settings): string {
	const text = decimals(Math.abs(value), settings.precision ?? 2);
	const grouped = text.includes("e")
		? text
		: text.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
	const symbol = settings.symbol ?? "$";
	const shown =
		settings.symbolAlign === "Right"
			? `${grouped}${symbol}`
			: `${symbol}${grouped}`;
	return value < 0 ? `-${shown}` : shown;
}

/** `"50.0%"` */
export function percentText(value: number, settings: Settings): string {
	const hundredfold = Number((value * 100).toPrecision(15));
	return `${decimals(hundredfold, settings.precision ?? 0)}%`;
}
