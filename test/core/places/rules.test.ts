import { describe, expect, test } from "vitest";
import {
	fieldPartsFor,
	mentions,
	namesField,
	namesTable,
	usedNames,
} from "../../../src/core/places/rules.js";

const base = { id: "appA", name: "Sales" };
const table = { id: "tblB", name: "Customers" };
const field = { id: "fldC", name: "Phone" };

describe("a rule names", () => {
	test.each([
		["Customers", true],
		[" customers ", true],
		["ＣＵＳＴＯＭＥＲＳ", true],
		["tblB", true],
		["tblb", false],
		["Sales/Customers", true],
		["sales / customers", true],
		["appA/tblB", true],
		["Other/Customers", false],
		["Customer", false],
		["", false],
	])("the table: %s", (rule, is) => {
		expect(namesTable(rule, base, table)).toBe(is);
	});

	test.each([
		["Phone", true],
		["ｐｈｏｎｅ", true],
		["customers/phone", true],
		["tblB/fldC", true],
		["Sales/Customers/Phone", true],
		["Other/Customers/Phone", false],
		["Orders/Phone", false],
		["Phon", false],
	])("the field: %s", (rule, is) => {
		expect(namesField(rule, base, table, field)).toBe(is);
	});

	test("names may hold slashes", () => {
		const both = { id: "x", name: "in/out" };
		expect(namesTable("in/out", base, both)).toBe(true);
		expect(
			namesField("in/out/yes/no", base, both, { id: "y", name: "yes/no" }),
		).toBe(true);
		expect(namesField("yes/no", base, table, { id: "y", name: "yes/no" })).toBe(
			true,
		);
	});
});

test("where the base's name is not known, an allowed table stays closed and a hidden field stays hidden", () => {
	const unknown = { id: "appA", name: null };
	expect(namesTable("Sales/Customers", unknown, table)).toBe(false);
	expect(namesField("Sales/Customers/Phone", unknown, table, field)).toBe(true);
	expect(fieldPartsFor("Sales/Customers/Phone", unknown, table)).toEqual([
		"Phone",
	]);
});

test("every part of a rule is a name that it uses", () => {
	const used = usedNames({
		readOnly: false,
		tables: ["Sales/Orders"],
		hiddenFields: ["Customers/Ｐhone"],
	});
	expect([...used].sort()).toEqual(
		[
			"customers",
			"customers/phone",
			"orders",
			"phone",
			"sales",
			"sales/orders",
		].sort(),
	);
	expect(mentions("Sales/Orders", { id: "t", name: "ORDERS " })).toBe(true);
	expect(mentions("Sales/Orders", { id: "t", name: "Order" })).toBe(false);
});
