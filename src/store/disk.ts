/** Is it an error with this code of the system? */
export function hasCode(error: unknown, code: string): boolean {
	return (error as { readonly code?: unknown } | undefined)?.code === code;
}

/** What fails at a file that lies aside until it is finished fails for the one that was asked for: only that has a name for people. */
export async function failingAs<T>(
	{ aside, path }: { readonly aside: string; readonly path: string },
	work: Promise<T>,
): Promise<T> {
	try {
		return await work;
	} catch (error) {
		if (error instanceof Error) {
			error.message = error.message
				.replaceAll(`'${aside}' -> '${path}'`, `'${path}'`)
				.replaceAll(aside, path);
			Object.assign(error, { path });
		}
		throw error;
	}
}

/** What goes through an open handle fails without saying where; the path is what a person needs. */
export async function failingAt<T>(path: string, work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (error) {
		if (error instanceof Error && !("path" in error))
			Object.assign(error, { path });
		throw error;
	}
}
