/** Eight fields as they come in practice: text, number, checkbox, both selects, a date, a person, a longer text. */
export const MIXED_FIELDS = [
	{ name: "Title", type: "text" },
	{ name: "Amount", type: "number" },
	{ name: "Done", type: "checkbox" },
	choice("Status", "single_select", ["open", "doing", "done"]),
	choice("Tags", "multi_select", ["red", "green", "blue"]),
	{ name: "Due", type: "date" },
	{ name: "Owner", type: "user" },
	{ name: "Note", type: "long_text" },
];

export interface MixedRow {
	readonly Title: string;
	readonly Amount: number;
	readonly Done: boolean;
	readonly Status: string;
	readonly Tags: readonly string[];
	readonly Due: string;
	readonly Owner: readonly string[];
	readonly Note: string;
}

/** Row `index`, the same in every run. */
export function mixedRow(index: number): MixedRow {
	return {
		Title: `Task number ${index}`,
		Amount: Math.round(((index * 7919) % 100_000) + 37) / 100,
		Done: index % 3 === 0,
		Status: ["open", "doing", "done"][index % 3] ?? "open",
		Tags: [["red"], ["red", "blue"], ["green"]][index % 3] ?? [],
		Due: new Date(Date.UTC(2026, 0, 1 + (index % 300)))
			.toISOString()
			.slice(0, 10),
		Owner: [["Ana", "Bo", "Chidi"][index % 3] ?? "Ana"],
		Note: `Some words about task ${index}, as people leave them`,
	};
}

export function mixedRows(count: number, from = 0): MixedRow[] {
	return Array.from({ length: count }, (_, index) => mixedRow(from + index));
}

function choice(name: string, type: string, names: readonly string[]) {
	return {
		name,
		type,
		settings: { options: names.map((option) => ({ name: option })) },
	};
}
