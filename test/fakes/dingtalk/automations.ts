import {
	baseOf,
	bodyOf,
	type Call,
	type Handler,
	requiredText,
	wholeNumber,
} from "./call.js";
import type { Workflow } from "./model.js";
import { refusals } from "./refusal.js";

const MOST_WORKFLOWS = 100;

export const listWorkflows: Handler = (call) => {
	const base = baseOf(call, "read");
	const body = bodyOf(call);
	const limit = wholeNumber(body.limit, "limit", MOST_WORKFLOWS);
	const offset = wholeNumber(body.offset, "offset", 0);
	const all = [...base.workflows.values()];
	return {
		total: all.length,
		workflows: all.slice(offset, offset + limit).map((flow) => ({ ...flow })),
	};
};

function workflowOf(call: Call): Workflow {
	const base = baseOf(call, "write");
	const workflow = base.workflows.get(call.at.flow ?? "");
	if (workflow === undefined)
		throw refusals.noResource(`the workflow '${call.at.flow}' does not exist`);
	return workflow;
}

export const enableWorkflow: Handler = (call) => {
	workflowOf(call).status = "ENABLED";
	return { success: true };
};

export const disableWorkflow: Handler = (call) => {
	workflowOf(call).status = "DISABLED";
	return { success: true };
};

export const deleteWorkflow: Handler = (call) => {
	const { flowId } = workflowOf(call);
	call.store.bases.get(call.at.base ?? "")?.workflows.delete(flowId);
	return { success: true };
};

/** A copy starts disabled. */
export const copyWorkflow: Handler = (call) => {
	const base = baseOf(call, "write");
	const body = bodyOf(call);
	const flowId = requiredText(call, body, "flowId");
	const versionId = requiredText(call, body, "flowVersionId");
	const sourceId = requiredText(call, body, "sourceBaseId");
	const source = baseOf(
		{ ...call, at: { ...call.at, base: sourceId } },
		"read",
	).workflows.get(flowId);
	if (source === undefined || source.versionId !== versionId)
		throw refusals.noResource(`the workflow '${flowId}' does not exist`);
	const copy: Workflow = {
		...source,
		flowId: call.store.identifiers.next(16),
		versionId: call.store.identifiers.next(16),
		status: "DISABLED",
	};
	base.workflows.set(copy.flowId, copy);
	return { success: true, flowId: copy.flowId, versionId: copy.versionId };
};
