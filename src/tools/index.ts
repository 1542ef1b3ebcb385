import { addRoleMembersTool } from "./add-role-members.js";
import { copyBaseTool } from "./copy-base.js";
import { copyDashboardTool } from "./copy-dashboard.js";
import { createBaseTool } from "./create-base.js";
import { createFieldTool } from "./create-field.js";
import { createRecordsTool } from "./create-records.js";
import { createRoleTool } from "./create-role.js";
import { createTableTool } from "./create-table.js";
import { createViewTool } from "./create-view.js";
import { deleteContactTool } from "./delete-contact.js";
import { deleteFieldTool } from "./delete-field.js";
import { deleteRecordsTool } from "./delete-records.js";
import { deleteRoleTool } from "./delete-role.js";
import { deleteTableTool } from "./delete-table.js";
import { deleteViewTool } from "./delete-view.js";
import { describeFieldsTool } from "./describe-fields.js";
import { describeFormTool } from "./describe-form.js";
import { downloadAttachmentTool } from "./download-attachment.js";
import { exportRecordsTool } from "./export-records.js";
import { importRecordsTool } from "./import-records.js";
import { listAutomationsTool } from "./list-automations.js";
import { listChangesTool } from "./list-changes.js";
import { listContactsTool } from "./list-contacts.js";
import { listDashboardsTool } from "./list-dashboards.js";
import { listRoleMembersTool } from "./list-role-members.js";
import { listRolesTool } from "./list-roles.js";
import { listTablesTool } from "./list-tables.js";
import { queryRecordsTool } from "./query-records.js";
import { querySqlTool } from "./query-sql.js";
import { removeRoleMembersTool } from "./remove-role-members.js";
import { saveContactTool } from "./save-contact.js";
import { shareBaseTool } from "./share-base.js";
import { switchAutomationTool } from "./switch-automation.js";
import type { Tool } from "./tool.js";
import { undoChangeTool } from "./undo-change.js";
import { updateBaseTool } from "./update-base.js";
import { updateFieldTool } from "./update-field.js";
import { updateFormTool } from "./update-form.js";
import { updateRecordsTool } from "./update-records.js";
import { updateRoleTool } from "./update-role.js";
import { updateTableTool } from "./update-table.js";
import { updateViewTool } from "./update-view.js";
import { uploadAttachmentTool } from "./upload-attachment.js";

/** Every tool, in the order of the listing. */
export const tools: readonly Tool[] = [
	listTablesTool,
	describeFieldsTool,
	queryRecordsTool,
	querySqlTool,
	createRecordsTool,
	updateRecordsTool,
	deleteRecordsTool,
	createViewTool,
	updateViewTool,
	deleteViewTool,
	createTableTool,
	updateTableTool,
	deleteTableTool,
	createFieldTool,
	updateFieldTool,
	deleteFieldTool,
	uploadAttachmentTool,
	downloadAttachmentTool,
	importRecordsTool,
	exportRecordsTool,
	listChangesTool,
	undoChangeTool,
	createBaseTool,
	updateBaseTool,
	copyBaseTool,
	shareBaseTool,
	describeFormTool,
	updateFormTool,
	listDashboardsTool,
	copyDashboardTool,
	listRolesTool,
	createRoleTool,
	updateRoleTool,
	deleteRoleTool,
	listRoleMembersTool,
	addRoleMembersTool,
	removeRoleMembersTool,
	listContactsTool,
	saveContactTool,
	deleteContactTool,
	listAutomationsTool,
	switchAutomationTool,
];
