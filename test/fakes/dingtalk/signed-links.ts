import type { Store } from "./store.js";

type Purpose = "upload" | "download" | "import";

/** FNV-1a, enough to notice a changed link. */
function signature(text: string): string {
	let hash = 0x811c9dc5;
	for (let index = 0; index < text.length; index++)
		hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
	return (hash >>> 0).toString(16).padStart(8, "0");
}

const sign = (purpose: Purpose, id: string, expires: string) =>
	signature(`${purpose} ${id} ${expires}`);

/** A link to a file that is good until its `Expires` (seconds). */
export function signedLink(
	store: Store,
	origin: string,
	purpose: Purpose,
	id: string,
): string {
	const { switches, clock } = store;
	const lifetimeMs =
		purpose === "download"
			? switches.linkLifetimeMs
			: switches.uploadLifetimeMs;
	const expires = String(Math.floor((clock.now() + lifetimeMs) / 1000));
	const host = switches.fileOrigin ?? origin;
	return `${host}/files/${purpose}/${id}?Expires=${expires}&Signature=${sign(purpose, id, expires)}`;
}

/** Whether a link's signature fits and its time has not passed. */
export function isGoodLink(
	store: Store,
	purpose: Purpose,
	id: string,
	query: URLSearchParams,
): boolean {
	const expires = query.get("Expires") ?? "";
	return (
		query.get("Signature") === sign(purpose, id, expires) &&
		store.clock.now() < Number(expires) * 1000
	);
}
