/** Slugs that check boxes and ratings name, with the glyphs that come back. */
const glyphs: Readonly<Record<string, string>> = {
	white_check_mark: "✅",
	heavy_check_mark: "✔️",
	ballot_box_with_check: "☑️",
	x: "❌",
	o: "⭕",
	star: "⭐",
	star2: "🌟",
	heart: "❤️",
	thumbsup: "👍",
	"+1": "👍",
	thumbsdown: "👎",
	"-1": "👎",
	fire: "🔥",
	clap: "👏",
	ok_hand: "👌",
	tada: "🎉",
	rocket: "🚀",
	flag: "🚩",
	triangular_flag_on_post: "🚩",
	bell: "🔔",
	bulb: "💡",
	warning: "⚠️",
	zap: "⚡",
	trophy: "🏆",
	gem: "💎",
	100: "💯",
	smile: "😄",
	sob: "😭",
	eyes: "👀",
	hourglass: "⌛",
	lock: "🔒",
	unlock: "🔓",
	pushpin: "📌",
	bookmark: "🔖",
	calendar: "📆",
	moneybag: "💰",
	hot_pepper: "🌶️",
	coffee: "☕",
	sunny: "☀️",
	cloud: "☁️",
};

/** The slug of a glyph; "" where no slug is known. */
export function slug(wanted: string): string {
	return (
		Object.entries(glyphs).find(([, glyph]) => glyph === wanted)?.[0] ?? ""
	);
}

/** The glyph of a slug; "" where the slug is unknown. */
export function glyph(slug: string): string {
	return glyphs[slug] ?? "";
}
