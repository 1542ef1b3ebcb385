import { virtualClock } from "../../clock.js";
import type { ConformanceOptions } from "../../conformance/suite.js";
import {
	type BitableSwitches,
	createBitableFake,
} from "../../fakes/bitable/index.js";
import { bitableSession } from "../../vendors/bitable/bitable-session.js";

/** An account with people, a group and one base. */
function account(
	switches: Partial<BitableSwitches> = {},
): ConformanceOptions["open"] {
	return async (folder) => {
		const clock = virtualClock();
		const fake = createBitableFake({
			clock,
			switches: { twoWayLinks: "written", ...switches },
		});
		for (const name of ["Ann", "Bo"]) fake.addPerson({ name });
		fake.addChat({ name: "Team", members: [fake.app.bot] });
		const base = fake.addBase({ name: "Conformance" });
		const listed = fake.addTable(base, {
			name: "Listed",
			fields: [{ name: "Title", type: 1 }],
		});
		const wiki = fake.addWikiNode(base);
		fake.addDocument("doxcnHeldTable", [{ baseToken: base, tableId: listed }]);
		const { session, close } = bitableSession({
			fake,
			clock,
			folder,
			config: { bases: [base] },
		});
		const site = "https://example.feishu.cn";
		return {
			session,
			connection: "bitable",
			base,
			urls: [
				{ url: `${site}/base/${base}`, names: { base } },
				{
					url: `${site}/base/${base}?table=${listed}&view=vewAbCdEf&record=recAbCdEf`,
					names: {
						base,
						table: listed,
						view: "vewAbCdEf",
						record: "recAbCdEf",
					},
				},
				{
					url: `${site}/wiki/${wiki}?table=${listed}`,
					names: { base, table: listed },
				},
				{ url: `${site}/docx/doxcnHeldTable`, names: { base, table: listed } },
				{
					url: `${site}/sheets/doxcnHeldTable`,
					names: { base, table: listed },
				},
				{ url: `${site}/share/base/shrcnAbCdEf`, names: "unresolvable" },
				{ url: `${site}/drive/folder/fldcnAbCdEf`, names: "unresolvable" },
			],
			close,
		};
	};
}

const OPTIONS: Omit<ConformanceOptions, "open"> = {
	columns: {
		// Digits and a leading plus alone are taken.
		phone: { given: ["13800138000", "+861012345678"] },
		// A point is written; the vendor names the place by itself.
		location: {
			shown: [
				{
					lnglat: "116.397755,39.903179",
					address: "Place at 116.397755,39.903179",
				},
				{ lnglat: "-0.1276,51.5072", address: "Place at -0.1276,51.5072" },
			],
		},
	},
	exceptions: {
		"a view gives its rows in its order":
			"the API neither sets nor tells the order of a view",
	},
	moreColumns: {
		doubled: {
			type: "formula",
			settings: { formula: "{number}*2", format: "0.00" },
			given: [],
		},
	},
};

export const conformance: Readonly<Record<string, ConformanceOptions>> = {
	"Feishu Base": { open: account(), ...OPTIONS },
};
