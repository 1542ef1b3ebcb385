import type { Consent } from "../contract/consent.js";
import type { Field } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { FieldSpec } from "../contract/schema.js";
import type { Session } from "../contract/session.js";
import { need } from "../places/capability.js";
import { type Located, reload } from "../places/locate.js";
import { type CarriedOut, carryOut } from "./carry-out.js";
import { fieldState } from "./states.js";

/** A field as it is to be, and on whose behalf. */
export interface FieldChange {
	readonly tool: string;
	/** As it is. */
	readonly field: Field;
	/** As it is to be, complete. */
	readonly spec: FieldSpec;
	readonly consent?: Consent | undefined;
	/** Id of the change that this one undoes. */
	readonly undoes?: string | undefined;
}

/** Changes a field, enters it in the journal, and forgets what was known of it. */
export async function changeField(
	session: Session,
	located: Located,
	{ tool, field, spec, consent, undoes }: FieldChange,
	running: Running,
): Promise<CarriedOut<void>> {
	const { table } = located;
	const update = need(located, "updateField");
	return carryOut(
		session,
		{
			tool,
			place: located,
			deed: {
				kind: "update_field",
				field: field.id,
				from: fieldState(field),
				to: fieldState(spec),
			},
			consent,
			undoes,
			// The other side of a link keeps this side's name.
			widely: field.type === "link",
		},
		async () => {
			await update(table, field, spec, running.call);
			return {
				value: undefined,
				made: async () => {
					const now = (await reload(session, located, running)).table;
					const after = now.byId.get(field.id);
					return after === undefined ? {} : { field: fieldState(after) };
				},
			};
		},
	);
}
