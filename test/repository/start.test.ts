import { build } from "esbuild";
import { expect, test } from "vitest";
import { ROOT } from "./sources.js";

/** What is loaded before the first call costs every start; the rest comes when it is needed. */
const LATER = ["undici", "libsql", "hucre"];

test("the start loads no vendor's client, no store and no file format", async () => {
	const { metafile } = await build({
		absWorkingDir: ROOT,
		entryPoints: ["src/cli.ts"],
		outdir: "unused",
		bundle: true,
		splitting: true,
		format: "esm",
		platform: "node",
		packages: "external",
		metafile: true,
		write: false,
		logLevel: "error",
		define: { BUILT_LISTING: "[]" },
	});
	const loaded = new Set<string>();
	const load = (path: string) => {
		if (loaded.has(path)) return;
		loaded.add(path);
		for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
			if (kind === "import-statement") load(next);
	};
	const entry = Object.entries(metafile.outputs).find(
		([, { entryPoint }]) => entryPoint === "src/cli.ts",
	);
	load(entry?.[0] as string);
	expect(loaded).toContain("zod");
	for (const name of LATER)
		expect(
			[...loaded].filter(
				(path) => path === name || path.startsWith(`${name}/`),
			),
		).toEqual([]);
});
