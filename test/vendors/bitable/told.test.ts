import { FAILURES } from "../../../src/vendors/bitable/failure-rows.js";
import { jsonResponse } from "../../fakes/fake.js";
import { tellsEveryFailure } from "../told.js";

const LOG_ID = "20261120120000000000000000000001";

tellsEveryFailure(
	"bitable",
	{
		field: ({ method, path }) =>
			method === "POST" && /\/tables\/[^/]+\/fields$/.test(path),
		upload: ({ path }) => path.endsWith("/medias/upload_all"),
	},
	Object.entries(FAILURES).map(([code, { code: kind, what, next }]) => ({
		name: code,
		answer: jsonResponse(
			200,
			{
				code: Number(code),
				msg: "Words of the vendor",
				error: { log_id: LOG_ID },
			},
			{ "x-tt-logid": LOG_ID },
		),
		code: kind,
		what,
		...(next === undefined ? {} : { next }),
		words: [code, LOG_ID],
	})),
);
