import {
	baseOf,
	bodyOf,
	type Handler,
	requiredText,
	sheetOf,
	wholeNumber,
} from "./call.js";

const MOST_SHEETS = 100;

export const markSheet: Handler = (call) => {
	const sheet = sheetOf(call, "write");
	const body = bodyOf(call);
	const type = requiredText(call, body, "externalAuthType");
	sheet.base.externalAuth.set(sheet.id, { type, config: body.externalConfig });
	return { success: true, sheetId: sheet.id };
};

export const unmarkSheet: Handler = (call) => {
	const sheet = sheetOf(call, "write");
	sheet.base.externalAuth.delete(sheet.id);
	return { success: true, sheetId: sheet.id };
};

export const markedSheets: Handler = (call) => {
	const base = baseOf(call, "read");
	const type = call.query.get("externalAuthType");
	const size = wholeNumber(call.query.get("pageSize"), "pageSize", MOST_SHEETS);
	const from = wholeNumber(call.query.get("nextToken"), "nextToken", 0);
	const all = [...base.externalAuth]
		.filter(([, mark]) => type === null || mark.type === type)
		.map(([sheetId, mark]) => ({
			sheetId,
			externalAuthType: mark.type,
			...(mark.config === undefined ? {} : { externalConfig: mark.config }),
		}));
	const hasMore = from + size < all.length;
	return {
		sheets: all.slice(from, from + size),
		hasMore,
		nextToken: hasMore ? String(from + size) : "",
	};
};
