/** One line of `doctor`. */
export interface Finding {
	/** `error`: something that was configured cannot work. `warning`: a part is missing, or cannot be checked. */
	readonly level: "ok" | "warning" | "error";
	/** What was looked at and how it stands, one sentence. */
	readonly what: string;
	/** What a person has to do, and where. Absent: nothing. */
	readonly next?: string;
}
