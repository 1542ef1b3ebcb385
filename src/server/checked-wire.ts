import { checkMessage } from "./check-message.js";
import type { OpenRequests } from "./in-flight.js";
import type { RequestId, Wire } from "./json-rpc.js";

/** The same wire for the SDK: it gets only messages that are checked, and its answers go out under the client's ids. */
export function checkedWire(inner: Wire, requests: OpenRequests): Wire {
	const wire: Wire = {
		async start() {
			inner.onmessage = (message: unknown, extra?: never) => {
				const checked = checkMessage(message, requests);
				if ("answer" in checked)
					inner
						.send(checked.answer)
						.catch((error) => wire.onerror?.(error as Error));
				else if (checked.message !== undefined)
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
				return inner.send({ ...message, id: request.id }, options);
			}
			const { relatedRequestId, ...rest } = options ?? {};
			if (relatedRequestId === undefined) return inner.send(message, options);
			const related = requests.numbered(relatedRequestId);
			// What belongs to a request that has been answered has nowhere to go.
			if (related === undefined) return;
			return inner.send(message, { ...rest, relatedRequestId: related.id });
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
