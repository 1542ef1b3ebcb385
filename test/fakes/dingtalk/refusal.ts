import { type FakeResponse, jsonResponse } from "../fake.js";
import type { DingtalkSwitches } from "./switches.js";

/** A refusal in the vendor's error body; thrown by handlers, answered at the edge. */
export class Refusal extends Error {
	constructor(
		readonly status: number,
		readonly code: string,
		message: string,
		readonly detail?: Readonly<Record<string, unknown>>,
	) {
		super(message);
	}
}

export type Language = DingtalkSwitches["language"];

const LATER = "unable to complete your request. Please try again later.";
const GATEWAY = {
	invalidToken: { zh: "不合法的access_token", en: "Invalid access_token." },
	noToken: {
		zh: "缺少参数：x-acs-dingtalk-access-token",
		en: "Missing parameter: x-acs-dingtalk-access-token",
	},
	badSecret: {
		zh: "无效的clientId或者clientSecret",
		en: "Invalid clientId or clientSecret.",
	},
	noScope: {
		zh: "应用尚未开通所需的权限：",
		en: "The app lacks the required permission: ",
	},
} satisfies Record<string, Record<Language, string>>;

const throttled = (code: string, message: string) =>
	new Refusal(403, `Forbidden.AccessDenied.${code}`, message);
const TEMPORARILY =
	"All requests from your Internal app to this DingTalk Open Platform API are temporarily disabled.";

export const refusals = {
	noRoute: () =>
		new Refusal(404, "InvalidAction.NotFound", "Specified api is not found"),
	noToken: (language: Language) =>
		new Refusal(
			400,
			"AuthenticationFailed.MissingParameter",
			GATEWAY.noToken[language],
		),
	invalidToken: (language: Language) =>
		new Refusal(400, "InvalidAuthentication", GATEWAY.invalidToken[language]),
	badSecret: (language: Language) =>
		new Refusal(400, "invalidClientIdOrSecret", GATEWAY.badSecret[language]),
	noScope: (language: Language, scope: string, withDetail: boolean) =>
		new Refusal(
			403,
			"Forbidden.AccessDenied.AccessTokenPermissionDenied",
			`${GATEWAY.noScope[language]}${scope}`,
			withDetail ? { requiredScopes: [scope] } : undefined,
		),
	missing: (name: string) =>
		new Refusal(400, `Missing${name}`, `${name} is mandatory for this action.`),
	badOperator: (code: string) =>
		new Refusal(400, code, "The operatorId is not a valid unionId."),
	qpsOfApp: () => throttled("QpsLimitForAppkeyAndApi", TEMPORARILY),
	qpmOfApp: () => throttled("QpmLimitForAppkeyAndApi", TEMPORARILY),
	qpsOfApi: () =>
		throttled(
			"QpsLimitForApi",
			"All requests to this DingTalk Open Platform API are temporarily disabled.",
		),
	quotaSpent: (calls: number, quota: number) =>
		throttled(
			"ApiCountLimitForOrg",
			`The API calls of your organization exceed this month's quota, calls: ${calls}, quota: ${quota}`,
		),
	badInput: (message: string) =>
		new Refusal(400, "invalidRequest.inputArgs.invalid", message),
	overLimit: (message: string) =>
		new Refusal(400, "invalidRequest.inputArgs.overLimit", message),
	stillInitializing: () =>
		new Refusal(
			400,
			"invalidRequest.document.stillInitializing",
			"The document is under initialization. Please try again later",
		),
	broken: () =>
		new Refusal(
			400,
			"invalidRequest.document.broken",
			"The document is broken and the server is unable to complete your request.",
		),
	dataNotReady: () =>
		new Refusal(
			400,
			"invalidRequest.dataNotReady",
			"The requested data is not available yet. Please try again later.",
		),
	forbidden: (message: string) =>
		new Refusal(403, "forbidden.operationIllegal", message),
	typeIllegal: () =>
		new Refusal(
			403,
			"invalidRequest.document.typeIllegal",
			"The type of the document is not supported.",
		),
	noBase: () =>
		new Refusal(
			404,
			"invalidRequest.document.notFound",
			"Fail to find the requested resource by the given baseId. Please make sure the given baseId is valid, and the operatorId has permission to access it.",
		),
	noResource: (message: string) =>
		new Refusal(404, "invalidRequest.resource.notFound", message),
	duplicateToken: () =>
		new Refusal(
			409,
			"invalidRequest.duplicateClientToken",
			"Duplicate ClientToken detected. Please generate a new client token and retry.",
		),
	internalError: () =>
		new Refusal(
			500,
			"internalError",
			`The server encountered an internal error and was ${LATER}`,
		),
	unknownError: () => new Refusal(500, "unknownError", "Unknown Error"),
	timeout: () =>
		new Refusal(504, "service.timeout", `The server is busy and ${LATER}`),
	unavailable: () =>
		new Refusal(
			503,
			"ServiceUnavailable",
			"The request has failed due to a temporary failure of the server.",
		),
	systemBusy: () => new Refusal(429, "system.busy", "System busy"),
	noNode: () => new Refusal(404, "nodeNotExist", "The node does not exist."),
	paramError: (message: string) => new Refusal(400, "paramError", message),
	docNotExist: () =>
		new Refusal(404, "docNotExist", "The document does not exist."),
	permissionDenied: () =>
		new Refusal(403, "permissionDenied", "No permission."),
} satisfies Record<string, (...given: never[]) => Refusal>;

/** The error body: `code`, `message`, `requestid`, and the detail where there is one. */
export function refused(
	refusal: Refusal,
	requestId: string,
	keys: DingtalkSwitches["errorKeys"] = "lower",
): FakeResponse {
	const { status, code, message, detail } = refusal;
	const body =
		keys === "lower"
			? {
					code,
					message,
					requestid: requestId,
					...(detail === undefined ? {} : { accessdenieddetail: detail }),
				}
			: {
					Code: code,
					Message: message,
					RequestId: requestId,
					...(detail === undefined ? {} : { AccessDeniedDetail: detail }),
				};
	return jsonResponse(status, body, { "content-type": "application/json" });
}

export const answered = (body: unknown): FakeResponse =>
	jsonResponse(200, body, { "content-type": "application/json" });
