import type { MemberInfo, RoleName } from "../core/contract/roles.js";
import { cutList } from "../core/values/names.js";
import type { CarriedOut } from "../core/write/carry-out.js";
import type { MemberOutcomes } from "../core/write/change-members.js";
import { plural, sayDone } from "./text.js";
import type { ToolAnswer } from "./tool.js";

type Member = Pick<MemberInfo, "id" | "kind">;

/** Members as they were named, each once. */
export function uniqueMembers(
	ids: readonly string[],
	kind: MemberInfo["kind"],
): readonly Member[] {
	return [...new Set(ids)].map((id) => ({ id, kind }));
}

/** What became of the members of a role: how many, who was refused and why, and who is left. */
export function sayMembers(
	carried: CarriedOut<MemberOutcomes>,
	done: "added" | "removed",
	role: RoleName,
): ToolAnswer {
	const { value } = carried;
	const counts = {
		[done]: value.done.length,
		failed: value.failed.length,
		unknown: value.unknown.length,
		not_attempted: value.left.length,
	};
	const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
	const isWhole = value.done.length === total;
	const problems = problemsOf(value);
	const where = `${done === "added" ? "to" : "from"} role "${role.name}"`;
	const all = plural(total, "member");
	return {
		...sayDone(
			carried,
			[
				`${verdict(value)}${done} ${isWhole ? all : `${value.done.length} of ${all}`} ${where}`,
				...problems.map(
					({ member, message, next }) =>
						`failed: ${member}: ${message}${next === undefined ? "" : ` ${next}`}`,
				),
				...unfinished(value),
			],
			{
				role: role.id,
				members: ids(value.done),
				counts,
				problems,
				...(isWhole
					? {}
					: { unknown: ids(value.unknown), left: ids(value.left) }),
			},
		),
		isError: !isWhole,
	};
}

const ids = (members: readonly Member[]) => members.map(({ id }) => id);

/** Why each refused member was refused. */
function problemsOf({ failed }: MemberOutcomes) {
	return failed.map(({ member, error }) => ({
		member: member.id,
		message: error.message,
		...(error.next === undefined ? {} : { next: error.next }),
	}));
}

function verdict({ failed, unknown, left, done }: MemberOutcomes): string {
	if (unknown.length + left.length > 0) return "NOT FINISHED: ";
	if (failed.length === 0) return "";
	return done.length === 0 ? "NOTHING DONE: " : "FAILED IN PART: ";
}

function unfinished({ unknown, left, stopped }: MemberOutcomes): string[] {
	const ids = (members: readonly Member[]) =>
		cutList(members.map(({ id }) => id));
	return [
		...(stopped === undefined
			? []
			: [
					`stopped: ${stopped.message}${stopped.next === undefined ? "" : ` ${stopped.next}`}`,
				]),
		...(unknown.length === 0
			? []
			: [
					`not known of ${plural(unknown.length, "member")}: ${ids(unknown)}; list_role_members shows what is there`,
				]),
		...(left.length === 0
			? []
			: [
					`not attempted: ${plural(left.length, "member")}: ${ids(left)}; call again with these`,
				]),
	];
}
