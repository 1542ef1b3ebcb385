import { TablesError } from "./core/contract/errors.js";

/** What a path is resolved with. */
export interface Paths {
	/** The person's home folder. */
	readonly home: string;
	join(...parts: string[]): string;
	resolve(path: string): string;
}

/** How the home folder is written where no shell reads it: in the settings of editors and of desktop programs. */
const HOME =
	/^(?:~|\$HOME|\$\{(?:env:)?HOME\}|\$\{userHome\}|%USERPROFILE%|%HOME%|\$env:USERPROFILE|\$\{env:USERPROFILE\})(?=[\\/]|$)/i;

/** What a shell or an editor would have replaced; a dollar inside a name is one of its characters. */
const PLACEHOLDER =
	/(?<=^|[\\/])(?:\$\{[^}]*\}?|\$[A-Za-z_]\w*|~(?=[\\/]|$))|^~[^\\/]*|%[A-Za-z_]\w*%/;

/**
 * A path as a person writes it: the usual words for the home folder at its start are that folder.
 * @throws TablesError bad_argument: another placeholder was not replaced, and would become a folder of that name.
 */
export function pathOf(paths: Paths, given: string, place: string): string {
	const text = given.trim();
	const [home] = HOME.exec(text) ?? [];
	const rest = text.slice(home?.length ?? 0);
	const [found] = PLACEHOLDER.exec(rest) ?? [];
	if (found !== undefined)
		throw new TablesError(
			"bad_argument",
			`${place}: "${found}" in the path was not replaced by what it stands for`,
			{
				next: "Write the whole path; `~` at its beginning is the home folder.",
			},
		);
	return paths.resolve(
		home === undefined ? text : paths.join(paths.home, rest),
	);
}
