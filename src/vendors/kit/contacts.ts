import type { ContactInfo } from "../../core/contract/contacts.js";

/** Does a contact have the text in its name, e-mail address or id? For vendors whose lists have no search. */
export function matchesSearch(
	{ name, email, id }: ContactInfo,
	search: string | undefined,
): boolean {
	if (search === undefined) return true;
	const wanted = folded(search);
	return [name, email, id].some(
		(value) => value && folded(value).includes(wanted),
	);
}

function folded(value: string): string {
	return value.normalize("NFKC").toLowerCase();
}
