/** One line of `doctor`. */
export interface Finding {
	readonly level: "ok" | "warning" | "error";
	readonly what: string;
	readonly next?: string;
}
