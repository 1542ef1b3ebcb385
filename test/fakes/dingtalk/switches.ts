/** Where a refusal's code is not documented, the two that fit. */
export type RefusalCode =
	| "invalidRequest.inputArgs.invalid"
	| "forbidden.operationIllegal";

/**
 * What a test may change while the fake runs. Each default is what the documents say;
 * where they say nothing or contradict each other it is the reading stated here.
 */
export interface DingtalkSwitches {
	/** Gateway messages: Chinese as measured on the .com host, English as printed for .io. Default zh. */
	language: "zh" | "en";
	/** Error bodies with `code` or with `Code` (the official client reads both). Default lower. */
	errorKeys: "lower" | "capitalised";
	/** `accessdenieddetail.requiredScopes` on a missing scope. Undocumented. Default false. */
	accessDeniedDetail: boolean;

	/** Documented: 7200. */
	tokenLifetimeSeconds: number;
	/** Tokens keep the scopes they were issued with (reported). Default false. */
	tokensKeepGrants: boolean;
	/** Whether the token of the old `/gettoken` works on the new host; contested. Default false. */
	legacyTokens: boolean;
	/** Code for an operatorId that is not a unionId; two reports contradict. */
	badOperator: "paramError-operatorId" | "invalidRequest.inputArgs.invalid";
	/** A wrong baseId: documented notFound; once seen as a missing scope. */
	wrongBase: "notFound" | "permissionDenied";
	/** A write by a reader. Not documented exactly. Default forbidden. */
	readOnlyWrite: "forbidden" | "notFound";
	/** Code for a missing argument of a body; the gateway names a missing query parameter so. */
	missingArgument: "MissingName" | "invalidRequest.inputArgs.invalid";

	/** A sheet or field whose name is another one's id. Default id. */
	resolveFirst: "id" | "name";
	/** `%2F` inside a path segment. Default segment. */
	encodedSlash: "segment" | "separator";

	/** Blank rows that a new sheet starts with. Default 0. */
	newSheetRows: number;
	/** A sheet made without fields gets a text column. Default true. */
	defaultPrimary: boolean;
	/** Default number: "name 1" as on the product's other surface. */
	duplicateSheetName: "number" | "reject" | "allow";
	duplicateFieldName: "reject" | "number";
	/** Code for deleting the last sheet or the primary field. */
	refusedDeletion: RefusalCode;
	/** Types of the first column; only text is certain. */
	primaryTypes: readonly string[];
	sheetsPerBase: number;
	fieldsPerSheet: number;
	recordsPerSheet: number;

	/** Formatter of a number field made without one: INT was seen, FLOAT_2 is stated elsewhere. */
	numberFormatter: "INT" | "FLOAT_2";
	/** choices of an update: replace keeps only options sent with their id; merge adds. Default replace. */
	choicesUpdate: "replace" | "replace-by-name" | "merge";
	/** `choices` as `{id,name}` or `{name}` on read. Default true. */
	choiceIds: boolean;
	/** A `type` key in an update of a field: silently ignored (reported). */
	typeInUpdate: "ignore" | "reject";
	/** Creating fields of types without documented format. Default accept. */
	undocumentedTypes: "accept" | "reject";
	/** Writing their values. ignore: 200 and nothing stored. Default accept. */
	undocumentedWrites: "accept" | "ignore" | "reject";
	/** A plain string in a richText column: 400 was seen. */
	richTextString: "reject" | "accept";
	/** A two-way link makes its other side. Default true. */
	reverseField: boolean;
	/** A write of one side shows on the other. Default true. */
	mirrorLinks: boolean;

	/** Records of one insert, update or delete: 100 is reported, no official number. */
	recordsPerCall: number;
	tooManyRecords:
		| "invalidRequest.inputArgs.invalid"
		| "invalidRequest.inputArgs.overLimit";
	emptyBatch: "reject" | "accept";
	/** partial: bad records are left out and the ids of the others answered. Default all. */
	insertAtomicity: "all" | "partial";
	/** Order of the ids that insert answers. Default request. */
	insertedOrder: "request" | "reversed";
	/** A column that does not exist: refused as any wrong argument is (default), lost with 200, or a 500; reports contradict. */
	unknownField: "ignore" | "internalError" | "reject";
	wrongValue: "invalidRequest.inputArgs.invalid" | "internalError";
	readOnlyField: "reject" | "ignore";
	unknownOption: "create" | "reject" | "ignore";
	/** null in a record. Default clear. */
	nullValue: "clear" | "ignore" | "reject";
	/** Empty cells of a record that is read. Default omit. */
	emptyCells: "omit" | "null";
	/** number and currency on read: documented as text, printed as numbers in one sample. */
	numbersAs: "string" | "number";
	/** Hours east of UTC in which a date text without zone is read. Default 8 (Asia/Shanghai). */
	dateTextZone: number;
	dateText: "accept" | "reject";
	/** Keys that a person cell may be written with: unionId and staffId are documented, uid is stale. */
	userKeys: readonly ("unionId" | "staffId" | "uid")[];
	/** Value of creator and lastModifier columns. Default array. */
	personCell: "array" | "object";
	/** Option ids and field ids in records that are written. Default true. */
	writeByOptionId: boolean;
	writeByFieldId: boolean;
	updateUnknownRecord: "notFound" | "skip";
	deleteUnknownRecord: "notFound" | "ignore";

	maxResultsOutOfRange: "reject" | "clamp";
	/** A page may be shorter than asked for (general rule). Default never. */
	pageRows: number;
	/** What nextToken remembers: the last row, or a number of rows that shifts under foreign writes. */
	pagePosition: "anchor" | "offset";
	pageTokenLifetimeMs: number;
	rowOrder: "oldest-first" | "newest-first";
	/** A name in fieldIdOrNames that does not exist. */
	unknownListField: "notFound" | "ignore";
	/** hide: computed columns only with `calcFields: true`. Default ignored. */
	calcFields: "ignored" | "hide";

	combination: "and" | "or";
	textCase: "sensitive" | "insensitive";
	/** Several values with equal. */
	severalValues: "any" | "first";
	numberEqual: "value" | "text";
	/** An operator that the type does not have, and types without documented filter. Default none: no rows. */
	unfitOperator: "none" | "all" | "reject";
	userFilterKey: "uid" | "unionId" | "both";
	weekStart: "monday" | "sunday";
	/** Hours east of UTC of "today". Default 8. */
	filterZone: number;
	/** next7Days and its kin begin, last7Days and its kin end with today. Default true. */
	rollingWithToday: boolean;
	/** notEqual and notContain match empty cells. Default true. */
	negativeMatchesEmpty: boolean;

	/** The error row says conflict (409, no ids), the parameter's text replay. */
	repeatedToken: "conflict" | "replay";
	tokenScope: "base" | "app" | "operator";
	/** A request that failed consumes its token. Default false. */
	tokenKeptOnFailure: boolean;
	tokenRetentionMs: number;
	/** Documented as UUID v4; what another text brings is not. Default uuid: 400. */
	tokenFormat: "uuid" | "any";

	/** Calls per second, app and API of the standard edition. Documented: 20 in a window of 1 s. */
	callsPerSecond: number;
	/** The same per minute: the code exists, no number does. Default Infinity. */
	callsPerMinute: number;
	/** Platform-wide calls per second of one API. Unpublished. Default Infinity. */
	platformCallsPerSecond: number;
	/** Whether the windows are fixed (opened by a call) or slide. Default fixed. */
	window: "fixed" | "sliding";
	/** Counted calls per calendar month. Documented: 10,000. */
	monthlyCalls: number;
	/** Days after the quota was spent in which calls still pass; up to 5. Default 0. */
	graceDays: number;
	/** Documented: 10,000 calls in 20 s block the address for 5 min. */
	callsPerAddress: number;
	blockedBody: "json" | "html";

	/** Validity of links to attachments: about 2 h reported. */
	linkLifetimeMs: number;
	uploadLifetimeMs: number;
	attachmentBytes: number;
	/** An attachment sent back as it was read: it has no resourceId. Default reject. */
	attachmentReadBack: "reject" | "accept";
	/** Where upload and download links point; undefined: the origin that the client addressed. */
	fileOrigin: string | undefined;

	/** How long a base made by the document call is initializing. Default 0. */
	initializingMs: number;
	/** Shape of the undocumented lookup; absent: 404. */
	changedRecordIds: "list" | "by-sheet" | "absent";
	/** Undocumented endpoints; false: 404 InvalidAction.NotFound. All default true. */
	richText: boolean;
	truncate: boolean;
	workflows: boolean;
	roles: boolean;
	imports: boolean;
	externalAuth: boolean;
}

export const defaultSwitches = (): DingtalkSwitches => ({
	language: "zh",
	errorKeys: "lower",
	accessDeniedDetail: false,
	tokenLifetimeSeconds: 7200,
	tokensKeepGrants: false,
	legacyTokens: false,
	badOperator: "paramError-operatorId",
	wrongBase: "notFound",
	readOnlyWrite: "forbidden",
	missingArgument: "MissingName",
	resolveFirst: "id",
	encodedSlash: "segment",
	newSheetRows: 0,
	defaultPrimary: true,
	duplicateSheetName: "number",
	duplicateFieldName: "reject",
	refusedDeletion: "invalidRequest.inputArgs.invalid",
	primaryTypes: [
		"text",
		"number",
		"currency",
		"date",
		"singleSelect",
		"url",
		"telephone",
		"email",
		"barcode",
		"idCard",
		"formula",
	],
	sheetsPerBase: Number.POSITIVE_INFINITY,
	fieldsPerSheet: Number.POSITIVE_INFINITY,
	recordsPerSheet: Number.POSITIVE_INFINITY,
	numberFormatter: "INT",
	choicesUpdate: "replace",
	choiceIds: true,
	typeInUpdate: "ignore",
	undocumentedTypes: "accept",
	undocumentedWrites: "accept",
	richTextString: "reject",
	reverseField: true,
	mirrorLinks: true,
	recordsPerCall: 100,
	tooManyRecords: "invalidRequest.inputArgs.invalid",
	emptyBatch: "reject",
	insertAtomicity: "all",
	insertedOrder: "request",
	unknownField: "reject",
	wrongValue: "invalidRequest.inputArgs.invalid",
	readOnlyField: "reject",
	unknownOption: "create",
	nullValue: "clear",
	emptyCells: "omit",
	numbersAs: "string",
	dateTextZone: 8,
	dateText: "accept",
	userKeys: ["unionId", "staffId"],
	personCell: "array",
	writeByOptionId: true,
	writeByFieldId: true,
	updateUnknownRecord: "notFound",
	deleteUnknownRecord: "notFound",
	maxResultsOutOfRange: "reject",
	pageRows: Number.POSITIVE_INFINITY,
	pagePosition: "anchor",
	pageTokenLifetimeMs: Number.POSITIVE_INFINITY,
	rowOrder: "oldest-first",
	unknownListField: "notFound",
	calcFields: "ignored",
	combination: "and",
	textCase: "sensitive",
	severalValues: "any",
	numberEqual: "value",
	unfitOperator: "none",
	userFilterKey: "uid",
	weekStart: "monday",
	filterZone: 8,
	rollingWithToday: true,
	negativeMatchesEmpty: true,
	repeatedToken: "conflict",
	tokenScope: "base",
	tokenKeptOnFailure: false,
	tokenRetentionMs: 86_400_000,
	tokenFormat: "uuid",
	callsPerSecond: 20,
	callsPerMinute: Number.POSITIVE_INFINITY,
	platformCallsPerSecond: Number.POSITIVE_INFINITY,
	window: "fixed",
	monthlyCalls: 10_000,
	graceDays: 0,
	callsPerAddress: 10_000,
	blockedBody: "json",
	linkLifetimeMs: 7_200_000,
	uploadLifetimeMs: 900_000,
	attachmentBytes: Number.POSITIVE_INFINITY,
	attachmentReadBack: "reject",
	fileOrigin: undefined,
	initializingMs: 0,
	changedRecordIds: "list",
	richText: true,
	truncate: true,
	workflows: true,
	roles: true,
	imports: true,
	externalAuth: true,
});
