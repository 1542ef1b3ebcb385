import type { FileSource } from "../../core/contract/attachments.js";
import type { CodecContext } from "../../core/contract/codec.js";
import type {
	Attachment,
	Field,
	LinkedRecord,
	Person,
	UrlValue,
} from "../../core/contract/field.js";
import { defined } from "../../core/values/defined.js";
import { zone } from "../../core/values/zone.js";
import { type Loose, list, loose, number, text } from "./answer.js";
import type { Raw } from "./codecs.js";

/* Cells of the wire that several vendors show in the same way but for the names of their keys. */

/** Is it a text? An empty one is a text too. */
export const isText = (wire: unknown): wire is string =>
	typeof wire === "string";

/** The people of a cell, or the one person that it is; `person` reads one, or answers undefined for what it does not know. */
export function peopleOf(
	wire: unknown,
	person: (given: Loose) => Person | undefined,
): readonly Person[] | Raw {
	const items = Array.isArray(wire) ? wire : [wire];
	const found = items.flatMap((item) => person(loose(item)) ?? []);
	return found.length === items.length ? found : { raw: wire };
}

/** Milliseconds; where the column shows no time, those of the day's start. */
export function momentOf(
	wire: unknown,
	{ settings }: Field,
	context: CodecContext,
): number | Raw {
	if (typeof wire !== "number") return { raw: wire };
	return settings.showsTime ? wire : zone(context.zone).startOfDay(wire);
}

/** Links given as a list of ids: their titles are another read's work. */
export function linksOf(wire: unknown): readonly LinkedRecord[] | Raw {
	return Array.isArray(wire) && wire.every(isText)
		? wire.map((id) => ({ id, text: null }))
		: { raw: wire };
}

/** The texts of a cell that holds nothing else. */
export function textsOf(wire: unknown): readonly string[] | Raw {
	return Array.isArray(wire) && wire.every(isText) ? wire : { raw: wire };
}

/** The files of a cell; `own` reads what has another name or meaning at each vendor. */
export function filesOf(
	wire: unknown,
	own: (file: Loose) => Pick<Attachment, "name" | "type" | "token">,
): readonly Attachment[] | Raw {
	if (!Array.isArray(wire)) return { raw: wire };
	return list(wire).map((file) => ({
		...own(file),
		size: number(file.size) ?? null,
		url: text(file.url) ?? null,
	}));
}

/** A file that was just sent, as a cell shows it: the vendor has given it a token and no link yet. */
export const sentFile = (
	{ name, size, type }: FileSource,
	token: string,
): Attachment & { readonly token: string } => ({
	name,
	size,
	type,
	token,
	url: null,
});

/** The keys under which a vendor shows a link. */
export interface LinkKeys {
	readonly address: string;
	readonly title: string;
	readonly icon?: string;
}

/** A link, or an address alone; the title of one without is its address. */
export function urlOf(
	wire: unknown,
	{ address, title, icon }: LinkKeys,
): UrlValue | null | Raw {
	if (isText(wire)) return wire === "" ? null : { text: wire, link: wire };
	const given = loose(wire);
	const link = text(given[address]);
	if (link === undefined) return { raw: wire };
	return {
		text: text(given[title]) ?? link,
		link,
		...defined({ icon: icon === undefined ? undefined : text(given[icon]) }),
	};
}

/** The check of a column that may be set to hold one `what` only. */
export const oneOnly =
	(what: string) =>
	(value: readonly unknown[] | null, { settings }: Field): string | undefined =>
		(value?.length ?? 0) > 1 && settings.multiple === false
			? `takes one ${what} only`
			: undefined;
