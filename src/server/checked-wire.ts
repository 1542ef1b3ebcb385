import { defined } from "../core/values/defined.js";
import { redactIn } from "../core/values/redact.js";
import { checkMessage } from "./check-message.js";
import type { OpenRequests } from "./in-flight.js";
import type { RequestId, Wire } from "./json-rpc.js";

/**
 * The same wire for the SDK: it gets only messages that are checked, and its answers go out under the client's ids.
 * All that goes out passes here, and leaves its secrets here, whatever made it.
 */
export function checkedWire(
	inner: Wire,
	requests: OpenRequests,
	redact: (text: string) => string,
): Wire {
	const send: Wire["send"] = (message, options) =>
		inner.send(withoutSecrets(message, redact), options);
	const wire: Wire = {
		async start() {
			inner.onmessage = (message: unknown, extra?: never) => {
				const checked = checkMessage(message, requests);
				if (checked.answer !== undefined)
					send(checked.answer as never).catch((error) =>
						wire.onerror?.(error as Error),
					);
				if (checked.message !== undefined)
					wire.onmessage?.(checked.message as never, extra);
			};
			inner.onclose = () => wire.onclose?.();
			inner.onerror = (error) => wire.onerror?.(error);
			await inner.start();
		},
		async send(message, options) {
			if (!("method" in message)) {
				const { id } = message as { readonly id: RequestId };
				const request = requests.numbered(id);
				if (request === undefined) return;
				requests.answered(request);
				return send({ ...message, id: request.id }, options);
			}
			const { relatedRequestId, ...rest } = options ?? {};
			if (relatedRequestId === undefined) return send(message, options);
			const related = requests.numbered(relatedRequestId);
			// What belongs to a request that has been answered has nowhere to go.
			if (related === undefined) return;
			return send(message, { ...rest, relatedRequestId: related.id });
		},
		close: () => inner.close(),
		...(inner.setProtocolVersion
			? {
					setProtocolVersion: (version: string) =>
						inner.setProtocolVersion?.(version),
				}
			: {}),
	};
	Object.defineProperty(wire, "sessionId", { get: () => inner.sessionId });
	return wire;
}

/** What a client named itself is told back as it came: its id, its progress token. */
function withoutSecrets(
	message: object,
	redact: (text: string) => string,
): object {
	const { id, method, params, ...rest } = message as {
		readonly id?: RequestId;
		readonly method?: string;
		readonly params?: { readonly progressToken?: RequestId };
	};
	const own = (part: object) => redactIn(part, redact) as object;
	return {
		...own(rest),
		...defined({ id, method }),
		...(params === undefined
			? {}
			: {
					params: {
						...own(params),
						...defined({ progressToken: params.progressToken }),
					},
				}),
	};
}
