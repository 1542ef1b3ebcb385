import type { Consent } from "./consent.js";
import type { FieldSettings, FieldType } from "./field.js";
import type { View } from "./table.js";

/*
 * What tools change besides records: tables, fields, views, and the rest of a base. Each such call is one action of
 * the journal: entered before it is sent and after it is answered.
 */

/** A field as far as an action changes it. */
export interface FieldState {
	/** As people see it. */
	readonly name: string;
	/** What its cells hold. */
	readonly type: FieldType;
	/** Text for people beside the name. Absent: none. */
	readonly description?: string;
	/** What belongs to the type. */
	readonly settings: FieldSettings;
}

/** A view as far as an action changes it. */
export type ViewState = Pick<
	View,
	"name" | "filter" | "sort" | "hiddenFields" | "treeBy"
>;

/** Parts of a base that are changed without a way back through this server. */
export const FINAL_DEEDS = [
	"delete_table",
	"delete_field",
	"upload_files",
	"create_base",
	"update_base",
	"copy_base",
	"share_base",
	"update_form",
	"copy_dashboard",
	"create_role",
	"update_role",
	"delete_role",
	"add_role_members",
	"remove_role_members",
	"save_contact",
	"delete_contact",
	"switch_automation",
] as const;

/** One of them. */
export type FinalDeed = (typeof FINAL_DEEDS)[number];

/** What is done, with what taking it back needs. Names are those of the time. */
export type Deed =
	| { readonly kind: "create_table"; readonly name: string }
	| {
			readonly kind: "rename_table";
			readonly from: string;
			readonly to: string;
	  }
	| {
			readonly kind: "create_field";
			readonly name: string;
			readonly type: FieldType;
	  }
	| {
			readonly kind: "update_field";
			readonly field: string;
			readonly from: FieldState;
			readonly to: FieldState;
	  }
	| { readonly kind: "create_view"; readonly name: string }
	| {
			readonly kind: "update_view";
			readonly view: string;
			readonly from: ViewState;
			/** What was named in the call. */
			readonly parts: readonly (keyof ViewState)[];
	  }
	| {
			/** A view is made again with what was known of it. */
			readonly kind: "delete_view";
			/** As people saw it. */
			readonly name: string;
			/** Which it had; the one that is made again has another. */
			readonly id: string;
			/** What was set in it. Absent: undo was off, or an earlier version wrote it. */
			readonly from?: ViewState;
			/** Of the view; one that the vendor alone knows cannot be made again. Absent: the same. */
			readonly type?: View["type"];
	  }
	| {
			readonly kind: FinalDeed;
			/** What it was done to, as people see it. */
			readonly name: string;
			/** Id of what it was done to. Absent: it is not a field or view. */
			readonly id?: string;
	  };

/** What an action left behind, as it was right after it. */
export interface Made {
	/** Id of what was made, in its table or base. Absent: nothing was made. */
	readonly id?: string;
	/** A table: ids of its fields. Absent: it is not a table. */
	readonly fields?: readonly string[];
	/** A table: ids of its views. Absent: it is not a table. */
	readonly views?: readonly string[];
	/** The field, read again. Absent: it is not a field, or it could not be read. */
	readonly field?: FieldState;
	/** The view, as the vendor answered it. Absent: it is not a view. */
	readonly view?: ViewState;
}

/** The first event of an action, written before anything is sent. Programs that do not know the type pass it over. */
export interface ActionStart {
	/** Tells this event from the others. */
	readonly type: "action";
	/** Id of the change that the action is. */
	readonly change: string;
	/** Name of the tool that was called. */
	readonly tool: string;
	/** By its name in the configuration. */
	readonly connection: string;
	/** Id of the base. Absent: it concerns the account, or the base was not there yet. */
	readonly base?: string;
	/** Id of the table. Absent: it concerns no table, or the table was not there yet. */
	readonly table?: string;
	/** Of the table, else the base, for people. Absent: it concerns neither. */
	readonly placeName?: string;
	/** Clock time, ms. */
	readonly atMs: number;
	/** `Session.person` of who made it; nobody else sees it. */
	readonly by: string;
	/** Hash of the policy under which it was made: what is gone since is shown under the same policy only. */
	readonly policy: string;
	/** What was done. */
	readonly deed: Deed;
	/** Id of the change that this one undoes. Absent: it undoes none. */
	readonly undoes?: string;
	/** How it was agreed to. Absent: nobody was asked. */
	readonly consent?: Consent;
}

/** Written after the answer. Where it is missing, it is not known whether anything was done. */
export interface ActionEnd {
	/** Tells this event from the others. */
	readonly type: "action_end";
	/** Id of the change. */
	readonly change: string;
	/** Clock time, ms. */
	readonly atMs: number;
	/** `part`: some of it was done, and the rest was refused. */
	readonly outcome: "done" | "part" | "failed";
	/** What is there now. Absent: nothing that an undo needs. */
	readonly made?: Made;
}

/** An action as its events show it. */
export interface Action {
	/** Its first event. */
	readonly start: ActionStart;
	/** undefined: under way, or its process ended, or the vendor never answered. */
	readonly end: ActionEnd | undefined;
	/** Is the process that carries it out alive and at it? */
	readonly owned: boolean;
}

/** One process's hold on an action. */
export interface ActionWriter {
	/** Id of the change. */
	readonly change: string;
	/**
	 * The action is over; flushed to the disk when it resolves.
	 * @throws what the file system throws: then the action counts as unknown.
	 */
	end(end: Omit<ActionEnd, "type" | "change">): Promise<void>;
	/**
	 * Gives it up: without an end before it, it is not known what became of it. A second time does nothing.
	 * @throws what the file system throws.
	 */
	close(): Promise<void>;
}
