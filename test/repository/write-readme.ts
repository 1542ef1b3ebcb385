import { readFileSync, writeFileSync } from "node:fs";
import { withTables } from "./readme-tables.js";

/** `npm run readme`: makes the tables of README.md from the code. */
const path = new URL("../../README.md", import.meta.url);
writeFileSync(path, withTables(readFileSync(path, "utf8")));
