/** What stands in the place of a secret. */
const REDACTED = "[secret]";

/** Shorter secrets are in every other word. */
const SHORTEST = 4;
/** Shorter ones are taken out as whole words only, and none that are all digits: they would be dates and counts. */
const ANYWHERE = 8;
/** This many characters of base64 do not stand in a text by chance. */
const BASE64_CHARACTERS = 8;
/** So much of the start of a secret, before the mark of a cut, is no accident. */
const START_CHARACTERS = 6;
/** Every cut of a text ends with it. */
const CUT = "…";

/** Words of the protocol: an answer without them is none. */
const PROTOCOL_WORDS: readonly string[] =
	"accept annotations assistant audio audience blob content data error image jsonrpc message meta mimetype object progress progresstoken properties requestedschema required resource result string structuredcontent text title total type".split(
		" ",
	);

/** Words in lower case. */
export type Words = Pick<ReadonlySet<string>, "has">;

/** All words of a text that is this program's own; it is looked through once something may be one: most secrets are not. */
export function wordsOf(text: () => string): Words {
	let words: ReadonlySet<string> | undefined;
	return {
		has(word) {
			if (!/^[a-z_]+$/.test(word)) return false;
			words ??= new Set(
				[...(text().match(/[A-Za-z_]+/g) ?? []), ...PROTOCOL_WORDS].map((one) =>
					one.toLowerCase(),
				),
			);
			return words.has(word);
		},
	};
}

/**
 * Can it be taken out of answers, and leave them readable? Not one of 1 to 3 characters, of fewer than 8 digits, or
 * that is one of the program's `own` words.
 */
export function isRedactable(secret: string, own: Words): boolean {
	return (
		secret.length >= SHORTEST &&
		!(secret.length < ANYWHERE && /^\d+$/.test(secret)) &&
		!own.has(secret.toLowerCase())
	);
}

/**
 * Takes secrets out of a text: as they are, escaped as in JSON, percent-encoded, in base64 (also inside more of it),
 * each character in its own way, and the start of one before the mark of a cut.
 */
export function redactor(
	secrets: readonly string[],
	own: Words = new Set(PROTOCOL_WORDS),
): (text: string) => string {
	const kept = [...new Set(secrets)]
		.filter((secret) => isRedactable(secret, own))
		.sort((a, b) => b.length - a.length);
	if (kept.length === 0) return (text) => text;
	let pattern: RegExp | undefined;
	return (text) => {
		pattern ??= new RegExp(kept.flatMap(formsOf).join("|"), "g");
		return withoutStarts(text.replace(pattern, REDACTED), kept);
	};
}

/** The same in every text of a value of JSON, names included. */
export function redactIn(
	value: unknown,
	redact: (text: string) => string,
): unknown {
	if (typeof value === "string") return redact(value);
	if (typeof value !== "object" || value === null) return value;
	if (Array.isArray(value)) return value.map((item) => redactIn(item, redact));
	const names = new Set<string>();
	return Object.fromEntries(
		Object.entries(value).map(([name, part]) => {
			const shown = redact(name);
			let unique = shown;
			for (let more = 2; names.has(unique); more++) unique = `${shown} ${more}`;
			names.add(unique);
			return [unique, redactIn(part, redact)];
		}),
	);
}

function formsOf(secret: string): readonly string[] {
	const plain = [...secret].map(anyForm).join("");
	return secret.length < ANYWHERE
		? [`(?<![A-Za-z0-9])${plain}(?![A-Za-z0-9])`]
		: [plain, ...base64Forms(secret)];
}

/** One character as it is, percent-encoded, and escaped as in JSON, each as often as texts are put into texts. */
function anyForm(character: string): string {
	const escaped = JSON.stringify(character).slice(1, -1);
	const forms = [
		/["\\/]/.test(character)
			? `\\\\*${literal(character)}`
			: literal(character),
		percentForm(character),
		`\\\\+u${unitsOf(character).map(anyCase).join("\\\\+u")}`,
		...(escaped === character || /["\\]/.test(character)
			? []
			: [`\\\\+${literal(escaped.slice(1))}`]),
		...(character === " " ? ["\\+"] : []),
	];
	return `(?:${forms.join("|")})`;
}

/** What of a secret's base64 is the same whatever stands before and after it, for each of the three ways it can lie. */
function base64Forms(secret: string): readonly string[] {
	const bytes = new TextEncoder().encode(secret);
	return [0, 1, 2].flatMap((before) => {
		const whole = btoa(
			String.fromCharCode(...new Uint8Array(before), ...bytes),
		);
		const core = whole.slice(
			Math.ceil((before * 8) / 6),
			Math.floor(((before + bytes.length) * 8) / 6),
		);
		return core.length < BASE64_CHARACTERS
			? []
			: [[...core].map(base64Form).join("")];
	});
}

/** In either alphabet. */
function base64Form(character: string): string {
	if (character === "+") return `(?:[+-]|${percentForm("+")})`;
	if (character === "/") return `(?:\\\\*/|_|${percentForm("/")})`;
	return character;
}

function percentForm(character: string): string {
	return [...new TextEncoder().encode(character)]
		.map((byte) => `%(?:25)*${anyCase(byte.toString(16).padStart(2, "0"))}`)
		.join("");
}

function unitsOf(character: string): readonly string[] {
	return Array.from({ length: character.length }, (_, index) =>
		character.charCodeAt(index).toString(16).padStart(4, "0"),
	);
}

function anyCase(hex: string): string {
	return hex.replace(
		/[a-f]/g,
		(letter) => `[${letter}${letter.toUpperCase()}]`,
	);
}

function literal(character: string): string {
	return character.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

/** A secret that was cut is still the start of one. */
function withoutStarts(text: string, secrets: readonly string[]): string {
	if (!text.includes(CUT)) return text;
	const parts = text.split(CUT);
	return parts
		.map((part, index) =>
			index === parts.length - 1 ? part : withoutStart(part, secrets),
		)
		.join(CUT);
}

function withoutStart(part: string, secrets: readonly string[]): string {
	for (const secret of secrets) {
		if (secret.length < ANYWHERE) continue;
		for (
			let length = Math.min(secret.length - 1, part.length);
			length >= START_CHARACTERS;
			length--
		)
			if (part.endsWith(secret.slice(0, length)))
				return `${part.slice(0, -length)}${REDACTED}`;
	}
	return part;
}
