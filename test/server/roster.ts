import { seededRandom } from "../conformance/session.js";

/** A made-up file of records: what its cells mean is kept beside its text, so that answers can be checked against it. */
export interface Person {
	readonly name: string;
	readonly notes: string | null;
	readonly count: number;
	/** In cents, so that sums are exact. */
	readonly priceCents: number | null;
	readonly stage: string | null;
	readonly tags: readonly string[];
	/** yyyy-MM-dd. */
	readonly due: string | null;
	readonly paid: boolean;
	readonly email: string | null;
	/** What is wrong with its line; null = nothing. */
	readonly wrong: RegExp | null;
	/** Physical line of the file where it begins, from 1. */
	readonly line: number;
}

export const STAGES = ["Open", "Won", "Lost", "进行中"] as const;
export const TAGS = ["red", "green", "blue, pale", "black"] as const;

const COLUMNS = [
	"Name",
	"Notes",
	"Count",
	"Price",
	"Stage",
	"Tags",
	"Due",
	"Paid",
	"Email",
	"Stars",
	"Share",
	"Meeting",
	"Owner",
	"Site",
	"Place",
] as const;

/** Ways to be wrong, and what the message must say. */
const FAULTS: readonly (readonly [
	column: (typeof COLUMNS)[number] | "",
	cell: string,
	says: RegExp,
])[] = [
	["Count", "twelve", /"Count".*not a number/],
	["Count", "1,5 kg", /"Count".*not a number/],
	["Count", "9007199254740993", /"Count".*kept exactly/],
	["Due", "03/04/2026", /"Due".*ambiguous/],
	["Due", "2026-02-30", /"Due"/],
	["Stage", "Wonn", /"Stage".*nearest: "Won"/],
	["Tags", "red, purple", /"Tags".*no option "purple"/],
	["Paid", "maybe", /"Paid".*neither yes nor no/],
	["Stars", "9", /"Stars".*greatest value 5/],
	["Place", "200,10", /"Place".*longitude/],
	["", "one,two", /has 16 cells, the header has 15|has 17 cells/],
];

const quote = (cell: string) =>
	/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

/** `rows` records, `bad` of them wrong at fixed places; notes with quoted line breaks shift the physical lines. */
export function makeRoster(
	rows: number,
	bad: number,
): { readonly csv: string; readonly people: readonly Person[] } {
	const random = seededRandom(20_260_101);
	const pick = <T>(items: readonly T[]): T =>
		items[Math.floor(random() * items.length)] as T;
	const people: Person[] = [];
	const lines = [COLUMNS.join(",")];
	let line = 2;
	const every = Math.floor(rows / bad);
	for (let index = 0; index < rows; index++) {
		const day = new Date(Date.UTC(2026, 0, 1 + Math.floor(random() * 365)));
		const person = {
			name: `K${String(index).padStart(5, "0")}`,
			notes:
				index % 7 === 3
					? `first line\nsecond "line", of ${index}\r\nthird`
					: index % 5 === 0
						? null
						: `plain ${index}`,
			count: Math.floor(random() * 1_000),
			priceCents:
				index % 11 === 0 ? null : Math.floor(random() * 1_000_000) - 1_000,
			stage: index % 13 === 0 ? null : pick(STAGES),
			tags: TAGS.filter(() => random() < 0.4),
			due: index % 17 === 0 ? null : day.toISOString().slice(0, 10),
			paid: random() < 0.3,
			email: index % 3 === 0 ? null : `k${index}@example.com`,
		};
		const cells: Record<(typeof COLUMNS)[number], string> = {
			Name: person.name,
			Notes: person.notes ?? "",
			Count: String(person.count),
			Price:
				person.priceCents === null ? "" : (person.priceCents / 100).toFixed(2),
			Stage: person.stage ?? "",
			Tags: person.tags
				.map((tag) => (tag.includes(",") ? `"${tag}"` : tag))
				.join(", "),
			Due: person.due ?? "",
			Paid: person.paid ? "yes" : "",
			Email: person.email ?? "",
			Stars: String(index % 6),
			Share: `${index % 100}%`,
			Meeting:
				index % 4 === 0
					? ""
					: `${day.toISOString().slice(0, 10)}T08:${String(index % 60).padStart(2, "0")}:00Z`,
			Owner: index % 2 === 0 ? "Ann" : "Bo, Cy",
			Site: index % 9 === 0 ? "" : `https://example.com/${index}`,
			Place: index % 10 === 0 ? "116.4,39.9" : "",
		};
		const at = people.length;
		const nth = (index - Math.floor(every / 2)) / every;
		const fault =
			Number.isInteger(nth) && nth >= 0 && nth < bad
				? FAULTS[nth % FAULTS.length]
				: undefined;
		if (fault !== undefined && fault[0] !== "") cells[fault[0]] = fault[1];
		const text =
			COLUMNS.map((column) => quote(cells[column])).join(",") +
			(fault?.[0] === "" ? `,${fault[1]}` : "");
		people.push({ ...person, wrong: fault?.[2] ?? null, line });
		lines.push(text);
		line += 1 + (text.match(/\r\n|\n/g)?.length ?? 0);
		if (at % 1_000 === 999) {
			// A blank line is not a record, and still a line.
			lines.push("");
			line++;
		}
	}
	return { csv: `${lines.join("\n")}\n`, people };
}
