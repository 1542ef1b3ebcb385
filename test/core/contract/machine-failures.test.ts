import { describe, expect, test } from "vitest";
import { sentence, wordsOf } from "../../../src/core/contract/error-words.js";
import { TablesError } from "../../../src/core/contract/errors.js";
import { machineFailure } from "../../../src/core/contract/machine-failures.js";
import { sendingFailure } from "../../../src/http/failures.js";

const failed = (code: string, syscall: string) =>
	Object.assign(new Error(`${code}: words of the system, ${syscall}`), {
		code,
		syscall,
	});

/** A full disk by any name, and what else a disk or this machine does. */
const CODES: readonly [code: string, what: RegExp, next: RegExp][] = [
	["ENOSPC", /the disk is full/, /make room/],
	["EDQUOT", /the quota of this user/, /larger quota/],
	["EROFS", /can only be read/, /choose other folders/],
	["EACCES", /may not read or write/, /give the user .* the right/],
	["EMFILE", /too many files open/, /ulimit -n/],
	["ENFILE", /too many files open/, /ulimit -n/],
	["EIO", /the disk failed/, /check that disk/],
];

describe("every sentence about this machine says what a person can do", () => {
	test.each(CODES)("%s", (code, what, next) => {
		const error = machineFailure(failed(code, "write"), "the journal");
		for (const words of [wordsOf(error), sentence(error as TablesError)]) {
			expect(words).toMatch(what);
			expect(words).toMatch(next);
			expect(words.match(new RegExp(next, "g"))).toHaveLength(1);
		}
	});

	test("of a vendor's failure the step is said where there is room for it", () => {
		const error = new TablesError("not_found", "no such table", {
			next: "Look.",
		});
		expect(sentence(error)).toBe("no such table");
		expect(wordsOf(error)).toBe("no such table. Look.");
	});
});

test.each(["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "EADDRNOTAVAIL"])(
	"%s of a connection is this machine's, and nothing was sent",
	(code) => {
		for (const kind of ["read", "write"] as const) {
			const error = sendingFailure(failed(code, "connect"), {
				title: "AITable",
				endpoint: { name: "x", kind } as never,
				signal: undefined,
				timeoutMs: 1_000,
			});
			expect(error.code).toBe("busy");
			expect(error.message).toMatch(/this machine.*nothing was sent/);
			expect(error.next).toMatch(/ulimit/);
		}
	},
);
