import { z } from "zod";

export const localConfig = z.strictObject({
	/** Absolute path of the SQLite file; default: `local.db` in the data folder. */
	file: z.string().min(1).optional(),
	/** Who is written as creator and editor. */
	user: z.string().min(1).optional(),
});

export type LocalConfig = z.infer<typeof localConfig>;
