import type { CallContext } from "../../core/contract/call-context.js";
import type { Finding } from "../../core/contract/finding.js";
import { fileOriginFindings, probed } from "../kit/doctor.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";

import type { Catalog } from "./catalog.js";
/** What `doctor` prints: the token, each space, and whether its contacts are open. */
export async function doctorFindings(
	api: Api,
	catalog: Catalog,
	context: CallContext,
): Promise<readonly Finding[]> {
	const { finding, found: spaces } = await probed(
		catalog.spaces(context),
		(found): Finding =>
			found.length > 0
				? {
						level: "ok",
						what: `token accepted; spaces: ${found.map(({ id, name }) => `${name ?? ""} [${id}]`).join(", ")}`,
					}
				: {
						level: "warning",
						what: "the token is accepted, but there is no space",
						next: "Make or join a space in the app.",
					},
	);
	const missing = (api.config.bases ?? []).filter(
		(wanted) =>
			!spaces?.some(({ id, name }) => id === wanted || name === wanted),
	);
	const perSpace = await Promise.all(
		(spaces ?? []).flatMap(({ id, name }) => [
			probed(
				catalog.nodes(id, ["table"], context),
				(tables): Finding => ({
					level: "ok",
					what: `${name ?? id}: ${tables.length} datasheets`,
				}),
			),
			probed(
				api.call(
					calls.listTeams,
					{
						params: { space: id, unit: "0" },
						base: id,
						query: [["pageSize", "1"]],
					},
					context,
				),
				(): Finding => ({ level: "ok", what: `${name ?? id}: contacts` }),
				(error): Finding => ({
					level: "warning",
					what: `${name ?? id}: contacts are not open: ${error.message}`,
					next: "People can be written by id, or by name once a column uses them.",
				}),
			),
		]),
	);
	return [
		finding,
		...(spaces === undefined
			? []
			: missing.map(
					(wanted): Finding => ({
						level: "error",
						what: `there is no space "${wanted}" for this account`,
						next: `Correct \`bases\`: ${spaces.map(({ id }) => id).join(", ") || "none"}.`,
					}),
				)),
		...perSpace.map((probe) => probe.finding),
		...fileOriginFindings(api.config),
	];
}
