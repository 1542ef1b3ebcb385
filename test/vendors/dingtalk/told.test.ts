import { FAILURES } from "../../../src/vendors/dingtalk/failures.js";
import { jsonResponse } from "../../fakes/fake.js";
import { tellsEveryFailure } from "../told.js";

const REQUEST_ID = "9C2F0E4A-0000-4000-8000-000000000001";

tellsEveryFailure(
	"dingtalk",
	{
		field: ({ method, path }) =>
			method === "POST" && /\/sheets\/[^/]+\/fields$/.test(path),
		upload: ({ path }) => path.endsWith("/uploadInfos/query"),
	},
	Object.entries(FAILURES).map(([code, { code: kind, what, next }]) => ({
		name: code,
		answer: jsonResponse(400, {
			code,
			message: "Words of the vendor",
			requestid: REQUEST_ID,
		}),
		code: kind,
		what,
		...(next === undefined ? {} : { next }),
		words: [code, REQUEST_ID],
	})),
);
