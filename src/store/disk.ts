/** Is it an error with this code of the system? */
export function hasCode(error: unknown, code: string): boolean {
	return (error as { readonly code?: unknown } | undefined)?.code === code;
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
