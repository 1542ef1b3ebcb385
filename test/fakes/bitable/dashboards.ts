import { type Call, type Json, optionalText, pageById } from "./call.js";
import { Refusal } from "./codes.js";
import type { Workflow } from "./model.js";
import { changed, FIXED_LIMITS } from "./store.js";

export function listDashboards(call: Call): Json {
	const all = [...call.base.dashboards.values()];
	const page = pageById(call, all, (dashboard) => dashboard.id, 20, 500);
	return {
		dashboards: page.items.map(({ id, name }) => ({ block_id: id, name })),
		...(page.lastId === undefined ? {} : { page_token: page.lastId }),
		has_more: page.hasMore,
	};
}

export function copyDashboard(call: Call): Json {
	const { store, base } = call;
	if (!base.dashboards.has(call.at.block_id ?? "")) throw new Refusal(1254050);
	const name = optionalText(call.body, "name")?.trim() ?? "";
	if (name === "" || name.length > 100 || /[[\]]/.test(name))
		throw new Refusal(1254038);
	for (const dashboard of base.dashboards.values())
		if (dashboard.name === name) throw new Refusal(1254039);
	if (base.tables.size + base.dashboards.size >= FIXED_LIMITS.tables)
		throw new Refusal(1254100);
	const id = store.identifiers.next("blk");
	base.dashboards.set(id, { id, name });
	changed(base);
	return { block_id: id, name };
}

const shown = ({ id, status, title }: Workflow): Json => ({
	workflow_id: id,
	status,
	title,
});

export function listWorkflows({ base }: Call): Json {
	return { workflows: [...base.workflows.values()].map(shown) };
}

export function listBlockWorkflows({ base }: Call): Json {
	return { workflows: [...base.blockWorkflows.values()].map(shown) };
}

export function switchWorkflow(call: Call): Json {
	const workflow = call.base.workflows.get(call.at.workflow_id ?? "");
	if (workflow === undefined) throw new Refusal(1254002);
	const { status } = call.body;
	if (status !== "Enable" && status !== "Disable") throw new Refusal(1254001);
	workflow.status = status;
	changed(call.base);
	return {};
}
