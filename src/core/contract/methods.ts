import type { Adapter } from "./adapter.js";
import type { Unsupported } from "./unsupported.js";

/** What an adapter's method works on; the first argument is the base's id, or the table (or its reference). */
export type MethodTarget = "account" | "base" | "table" | "nothing";

/** What a method brings into being that a policy's rules may name. */
export type MethodProduct = "base" | "base copy" | "table" | "field";

/** Parts of a base that show or change what lies in more than one table. */
export type WholeBase = "dashboards" | "roles";

/** Facts of one method; the policy's gate, the capabilities and the tests' lists are derived from them. */
export interface MethodFacts {
	/** What the first argument names; a method of the account gets `CallContext.within` under a policy of bases. */
	readonly on: MethodTarget;
	/** A `write` is refused by `Policy.readOnly`; `compute` sends nothing to the vendor. */
	readonly does: "read" | "write" | "compute";
	/** A vendor may lack it, and says so in its `capabilities`. Absent: every vendor has it, or nobody asks for it. */
	readonly capability?: true;
	/** Bases, their copies and tables are switched off where a policy names such; a field passes the fence of names. Absent: it makes nothing that a rule names. */
	readonly makes?: MethodProduct;
	/** Switched off where a policy limits tables or fields. Absent: it shows one table, or only what the fence prunes. */
	readonly shows?: WholeBase;
}

/** The names of all methods of an adapter. */
export type MethodName = {
	[Key in keyof Adapter]-?: NonNullable<Adapter[Key]> extends (
		...args: never[]
	) => unknown
		? Key
		: never;
}[keyof Adapter];

const onTable = { on: "table" } as const;
const onBase = { on: "base" } as const;
const onAccount = { on: "account" } as const;
const compute = { on: "nothing", does: "compute" } as const;
const reads = { does: "read" } as const;
const writes = { does: "write" } as const;
const capability = { capability: true } as const;

/** Every method of the contract: one that is forgotten does not compile. */
export const METHODS = {
	readBases: { ...onAccount, ...reads },
	findBases: { ...onAccount, ...reads },
	resolveUrl: { ...onAccount, ...reads },
	readNodes: { ...onBase, ...reads },
	readTable: { ...onTable, ...reads },
	readView: { ...onTable, ...reads, ...capability },

	readPage: { ...onTable, ...reads },
	readByIds: { ...onTable, ...reads },
	readCreated: { ...onTable, ...reads },
	createBatch: { ...onTable, ...writes, ...capability },
	updateBatch: { ...onTable, ...writes, ...capability },
	deleteBatch: { ...onTable, ...writes, ...capability },
	addOptions: { ...onTable, ...writes },

	createTable: { ...onBase, ...writes, ...capability, makes: "table" },
	renameTable: { ...onTable, ...writes, ...capability },
	deleteTable: { ...onTable, ...writes, ...capability },
	createField: { ...onTable, ...writes, ...capability, makes: "field" },
	updateField: { ...onTable, ...writes, ...capability },
	deleteField: { ...onTable, ...writes, ...capability },
	checkUpdateField: { ...onTable, ...reads },
	checkDelete: { ...onTable, ...reads },

	createView: { ...onTable, ...writes, ...capability },
	updateView: { ...onTable, ...writes, ...capability },
	deleteView: { ...onTable, ...writes, ...capability },

	uploadFile: { ...onTable, ...writes, ...capability },
	readFileLink: { ...onTable, ...reads },
	downloadFile: { ...onTable, ...reads, ...capability },

	createBase: { ...onAccount, ...writes, ...capability, makes: "base" },
	updateBase: { ...onBase, ...writes, ...capability },
	copyBase: { ...onBase, ...writes, ...capability, makes: "base copy" },
	shareBase: { ...onBase, ...writes, ...capability },

	readForm: { ...onTable, ...reads, ...capability },
	updateForm: { ...onTable, ...writes, ...capability },
	updateQuestion: { ...onTable, ...writes, ...capability },

	readDashboards: { ...onBase, ...reads, ...capability, shows: "dashboards" },
	copyDashboard: { ...onBase, ...writes, ...capability, shows: "dashboards" },

	readRoles: { ...onBase, ...reads, ...capability, shows: "roles" },
	readRoleNames: { ...onBase, ...reads, shows: "roles" },
	createRole: { ...onBase, ...writes, ...capability, shows: "roles" },
	updateRole: { ...onBase, ...writes, ...capability, shows: "roles" },
	deleteRole: { ...onBase, ...writes, ...capability, shows: "roles" },
	readRoleMembers: { ...onBase, ...reads, ...capability, shows: "roles" },
	addRoleMembers: { ...onBase, ...writes, ...capability, shows: "roles" },
	removeRoleMembers: { ...onBase, ...writes, ...capability, shows: "roles" },

	readContacts: { ...onAccount, ...reads, ...capability },
	saveContact: { ...onAccount, ...writes, ...capability },
	deleteContact: { ...onAccount, ...writes, ...capability },

	findPeople: { ...onTable, ...reads },
	readNames: { ...onAccount, ...reads },

	readAutomations: { ...onBase, ...reads, ...capability },
	switchAutomation: { ...onBase, ...writes, ...capability },

	check: { ...onAccount, ...reads },
	sortable: compute,
	cursorAfter: compute,
	pageCursor: compute,
	clockOffsetMs: compute,
	formulaReferences: compute,
	close: compute,
} as const satisfies Record<MethodName, MethodFacts>;

/** A method that a vendor may lack. */
export type Capability = {
	[Name in MethodName]: (typeof METHODS)[Name] extends {
		readonly capability: true;
	}
		? Name
		: never;
}[MethodName];

/**
 * Static: read when the tools are listed, before any adapter is loaded. `true`, or the reason and the way round.
 * A test holds it against the methods of the adapter.
 */
export type Capabilities = {
	readonly [Name in Capability]: true | Unsupported;
};

/** The facts of a method by its name, for code that goes through all of them. */
export const METHOD_FACTS: ReadonlyMap<MethodName, MethodFacts> = new Map(
	Object.entries(METHODS) as [MethodName, MethodFacts][],
);

/** Methods that a vendor may lack, in the order of the table. */
export const CAPABILITIES: readonly Capability[] = [...METHOD_FACTS]
	.filter(([, { capability }]) => capability)
	.map(([name]) => name as Capability);
