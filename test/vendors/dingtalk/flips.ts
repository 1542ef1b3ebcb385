import type { DingtalkSwitches } from "../../fakes/dingtalk/index.js";
import { allPairs } from "./pairs.js";

/** Parts of the work that a switch makes impossible; what is then said instead is tested where it belongs. */
export type Part =
	| "reverse"
	| "mirror"
	| "undocumented"
	| "remove option"
	| "rename option"
	| "new option"
	| "empty";

export interface Flip {
	readonly name: string;
	readonly switches: Partial<DingtalkSwitches>;
	readonly without?: readonly Part[];
}

const flip = (
	switches: Partial<DingtalkSwitches>,
	...without: readonly Part[]
): Flip => ({
	name: Object.entries(switches)
		.map(([key, value]) => `${key} ${String(value)}`)
		.join(", "),
	switches,
	without,
});

const FLIPS: readonly Flip[] = [
	flip({ language: "en" }),
	flip({ errorKeys: "capitalised" }),
	flip({ accessDeniedDetail: true }),
	flip({ tokenLifetimeSeconds: 310 }),
	flip({ tokensKeepGrants: true }),
	flip({ badOperator: "invalidRequest.inputArgs.invalid" }),
	flip({ wrongBase: "permissionDenied" }),
	flip({ readOnlyWrite: "notFound" }),
	flip({ missingArgument: "invalidRequest.inputArgs.invalid" }),
	flip({ resolveFirst: "name" }),
	flip({ encodedSlash: "separator" }),
	flip({ newSheetRows: 3 }),
	flip({ defaultPrimary: false }),
	flip({ duplicateSheetName: "reject" }),
	flip({ duplicateSheetName: "allow" }),
	flip({ duplicateFieldName: "number" }),
	flip({ refusedDeletion: "forbidden.operationIllegal" }),
	flip({ primaryTypes: ["text"] }),
	flip({ numberFormatter: "FLOAT_2" }),
	flip({ choicesUpdate: "replace-by-name" }),
	flip({ choicesUpdate: "merge" }, "remove option"),
	flip({ choiceIds: false }, "remove option", "rename option"),
	flip({ typeInUpdate: "reject" }),
	flip({ undocumentedTypes: "reject" }, "undocumented"),
	flip({ undocumentedWrites: "ignore" }, "undocumented"),
	flip({ undocumentedWrites: "reject" }, "undocumented"),
	flip({ richTextString: "accept" }),
	flip({ reverseField: false }, "reverse", "mirror"),
	flip({ mirrorLinks: false }, "mirror"),
	flip({ recordsPerCall: 7 }),
	flip({
		recordsPerCall: 7,
		tooManyRecords: "invalidRequest.inputArgs.overLimit",
	}),
	flip({ emptyBatch: "accept" }),
	flip({ insertAtomicity: "partial" }),
	flip({ insertedOrder: "reversed" }),
	flip({ unknownField: "internalError" }),
	flip({ unknownField: "reject" }),
	flip({ wrongValue: "internalError" }),
	flip({ readOnlyField: "ignore" }),
	flip({ unknownOption: "reject" }),
	flip({ unknownOption: "ignore" }),
	flip({ nullValue: "ignore" }),
	flip({ nullValue: "reject" }),
	flip({ emptyCells: "null" }),
	flip({ numbersAs: "number" }),
	flip({ dateTextZone: 0 }),
	flip({ dateText: "reject" }),
	flip({ userKeys: ["unionId"] }),
	flip({ personCell: "object" }),
	flip({ writeByOptionId: false }),
	flip({ writeByFieldId: false }),
	flip({ updateUnknownRecord: "skip" }),
	flip({ deleteUnknownRecord: "ignore" }),
	flip({ maxResultsOutOfRange: "clamp" }),
	flip({ pageRows: 4 }),
	flip({ pagePosition: "offset" }),
	flip({ rowOrder: "newest-first" }),
	flip({ unknownListField: "ignore" }),
	flip({ calcFields: "hide" }),
	flip({ combination: "or" }),
	flip({ textCase: "insensitive" }),
	flip({ severalValues: "first" }),
	flip({ numberEqual: "text" }),
	flip({ unfitOperator: "all" }),
	flip({ unfitOperator: "reject" }),
	flip({ userFilterKey: "unionId" }),
	flip({ userFilterKey: "both" }),
	flip({ weekStart: "sunday" }),
	flip({ filterZone: -9 }),
	flip({ rollingWithToday: false }),
	flip({ negativeMatchesEmpty: false }),
	flip({ repeatedToken: "replay" }),
	flip({ tokenScope: "app" }),
	flip({ tokenScope: "operator" }),
	flip({ tokenKeptOnFailure: true }),
	flip({ tokenFormat: "any" }),
	flip({ callsPerSecond: 9 }),
	flip({ callsPerMinute: 150 }),
	flip({ platformCallsPerSecond: 7 }),
	flip({ window: "sliding" }),
	flip({ linkLifetimeMs: 60_000 }),
	flip({ changedRecordIds: "by-sheet" }),
	flip({ changedRecordIds: "absent" }),
];

/** The values of a switch: the documented one, which is the default, and the others. */
function factors(flips: readonly Flip[]): readonly (readonly Flip[])[] {
	const byKey = new Map<string, Flip[]>();
	for (const each of flips) {
		const key = Object.keys(each.switches)[0] as string;
		byKey.set(key, [...(byKey.get(key) ?? [flip({})]), each]);
	}
	return [...byKey.values()];
}

export const joined = (row: readonly Flip[]): Partial<DingtalkSwitches> =>
	Object.assign({}, ...row.map(({ switches }) => switches));

/** Those that make a part of the work impossible. */
export const CRIPPLING = FLIPS.filter(({ without }) => without?.length);

/** The others, by switch. */
export const HARMLESS = factors(
	FLIPS.filter(({ without }) => !without?.length),
);

let together: readonly (readonly Flip[])[] | undefined;

/** Few runs that hold any two of them in every combination; worked out once. */
export function togetherFlipped(): readonly (readonly Flip[])[] {
	together ??= allPairs(HARMLESS);
	return together;
}
