import { foldName } from "../values/near-names.js";
import type { Nameable } from "./rules.js";

/** Puts the name and the id of what does not exist for the agent among the texts that no answer may hold. */
export function keepSecret(secrets: Set<string>, { id, name }: Nameable): void {
	secrets.add(id);
	if (name !== null && foldName(name) !== "") secrets.add(name.trim());
}
