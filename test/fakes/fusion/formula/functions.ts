import { formatDate, parseDateAs, weekNumber, type Zone } from "../zone.js";
import type { FormulaWorld, Operand } from "./compile.js";
import {
	add,
	checkUnit,
	difference,
	holidays,
	instant,
	isWorkday,
	startOf,
	unit,
} from "./dates.js";
import {
	ErrorValue,
	isList,
	items,
	notANumber,
	RowFault,
	scalar,
	type Value,
	type ValueType,
} from "./value.js";

type World = FormulaWorld<unknown>;
type Operands = readonly Operand<unknown>[];

interface FormulaFunction {
	/** Fewer operands are refused before any row is read. */
	readonly least: number;
	readonly type: ValueType | ((operands: Operands) => ValueType);
	run(operands: Operands, row: unknown, world: World): Value;
	check?(operands: Operands): void;
}

const valueAt = (operands: Operands, index: number, row: unknown): Value =>
	operands[index]?.run(row) ?? null;
const textAt = (operands: Operands, index: number, row: unknown) =>
	operands[index]?.text(row) ?? null;
const numberAt = (operands: Operands, index: number, row: unknown) => {
	const single = scalar(valueAt(operands, index, row));
	return single === null ? null : Number(single);
};

/** All operands as one list of items; an empty list cell has none. */
const flat = (operands: Operands, row: unknown) =>
	operands.flatMap((operand) => {
		const value = operand.run(row);
		return value === null && operand.type === "Array" ? [] : items(value);
	});
const numbers = (operands: Operands, row: unknown): number[] =>
	flat(operands, row)
		.filter((item) => item !== null && item !== "" && typeof item !== "boolean")
		.map(Number)
		.filter((number) => !Number.isNaN(number));

function aggregate(compute: (list: number[]) => number): FormulaFunction {
	return {
		least: 1,
		type: "Number",
		run: (operands, row) => compute(numbers(operands, row)),
	};
}

/** A function of one number; empty stays empty. */
function numeric(
	compute: (value: number, second: number | null) => number,
	least = 1,
): FormulaFunction {
	return {
		least,
		type: "Number",
		run(operands, row) {
			const value = numberAt(operands, 0, row);
			return value === null ? null : compute(value, numberAt(operands, 1, row));
		},
	};
}

/** A function of one text; empty stays empty. */
function textual(
	least: number,
	compute: (text: string, operands: Operands, row: unknown) => Value,
	type: ValueType = "String",
): FormulaFunction {
	return {
		least,
		type,
		run(operands, row) {
			const text = textAt(operands, 0, row);
			return text === null ? null : compute(text, operands, row);
		},
	};
}

/** A number taken from the wall clock of a date; empty stays empty. */
function calendar(
	compute: (wall: Date, operands: Operands, row: unknown) => number,
): FormulaFunction {
	return {
		least: 1,
		type: "Number",
		run(operands, row, { zone }) {
			const ms = instant(valueAt(operands, 0, row), zone);
			return ms === null ? null : compute(zone.wall(ms), operands, row);
		},
	};
}

function shown(format: string): FormulaFunction {
	return {
		least: 1,
		type: "String",
		run(operands, row, { zone }) {
			const ms = instant(valueAt(operands, 0, row), zone);
			return ms === null ? null : formatDate(ms, format, zone);
		},
	};
}

/** A function of two dates; null when either is empty, the first before the second is looked at. */
function twoDates(
	type: ValueType,
	compute: (
		a: number,
		b: number,
		zone: Zone,
		operands: Operands,
		row: unknown,
	) => Value,
	check?: (operands: Operands) => void,
): FormulaFunction {
	return {
		least: 2,
		type,
		...(check === undefined ? {} : { check }),
		run(operands, row, { zone }) {
			const a = instant(valueAt(operands, 0, row), zone);
			if (a === null) return null;
			const b = instant(valueAt(operands, 1, row), zone);
			return b === null ? null : compute(a, b, zone, operands, row);
		},
	};
}

function found(missing: 0 | null): FormulaFunction {
	return {
		least: 2,
		type: "Number",
		run(operands, row) {
			const where = operands[1];
			const value = where?.run(row) ?? null;
			if (value === null) {
				if (where?.link === true) throw new RowFault("link");
				return missing;
			}
			const text = where?.type === "DateTime" ? where.text(row) : scalar(value);
			if (typeof text !== "string") throw new RowFault("text");
			const from = (numberAt(operands, 2, row) ?? 1) - 1;
			const at = text.indexOf(
				textAt(operands, 0, row) ?? "",
				Math.max(0, from),
			);
			return at < 0 ? missing : at + 1;
		},
	};
}

function fromNow(): FormulaFunction {
	return {
		least: 1,
		type: "Number",
		run(operands, row, world) {
			const ms = instant(valueAt(operands, 0, row), world.zone);
			if (ms === null) return null;
			const part =
				operands[1] === undefined ? "day" : unit(operands[1].run(row));
			return Math.abs(
				Math.trunc(difference(world.now(), ms, part, world.zone)),
			);
		},
	};
}

const truth = (operand: Operand<unknown>, row: unknown) =>
	Boolean(scalar(operand.run(row)));

/** Half away from zero at a number of decimals. */
function rounded(
	value: number,
	digits: number | null,
	round: (positive: number) => number,
): number {
	const scale = 10 ** (digits ?? 0);
	const scaled = Number((Math.abs(value) * scale).toPrecision(15));
	return (Math.sign(value) * round(scaled)) / scale;
}

function awayTo(value: number, parity: 0 | 1): number {
	const whole = Math.ceil(Math.abs(value));
	const next = whole % 2 === parity ? whole : whole + 1;
	return (value < 0 ? -1 : 1) * next;
}

const COUNT_COMPARES: Readonly<
	Record<string, (item: number, wanted: number) => boolean>
> = {
	">": (item, wanted) => item > wanted,
	">=": (item, wanted) => item >= wanted,
	"<": (item, wanted) => item < wanted,
	"<=": (item, wanted) => item <= wanted,
};

/** Every function of the language, by its upper-case name. */
export const functions: Readonly<Record<string, FormulaFunction>> = {
	SUM: aggregate((list) => list.reduce((sum, each) => sum + each, 0)),
	AVERAGE: aggregate((list) =>
		list.length === 0
			? 0
			: list.reduce((sum, each) => sum + each, 0) / list.length,
	),
	MAX: aggregate((list) => (list.length === 0 ? 0 : Math.max(...list))),
	MIN: aggregate((list) => (list.length === 0 ? 0 : Math.min(...list))),
	ROUND: numeric((value, digits) => rounded(value, digits, Math.round)),
	ROUNDUP: numeric((value, digits) => rounded(value, digits, Math.ceil)),
	ROUNDDOWN: numeric((value, digits) => rounded(value, digits, Math.floor)),
	CEILING: numeric((value, step) => {
		const size = step ?? 1;
		return size === 0 ? 0 : Math.ceil(value / size) * size;
	}),
	FLOOR: numeric((value, step) => {
		const size = step ?? 1;
		return size === 0 ? 0 : Math.floor(value / size) * size;
	}),
	EVEN: numeric((value) => awayTo(value, 0)),
	ODD: numeric((value) => awayTo(value, 1)),
	INT: numeric((value) => Math.floor(value)),
	ABS: numeric((value) => Math.abs(value)),
	SQRT: numeric((value) => Math.sqrt(value)),
	MOD: numeric((value, by) => {
		const rest = value % (by ?? 0);
		return rest !== 0 && Math.sign(rest) !== Math.sign(by ?? 0)
			? rest + (by ?? 0)
			: rest;
	}, 2),
	POWER: numeric((value, by) => value ** (by ?? 0), 2),
	EXP: numeric((value) => Math.exp(value)),
	LOG: numeric((value, base) => Math.log(value) / Math.log(base ?? 10)),
	VALUE: textual(
		1,
		(text) => {
			const digits = text.replace(/[^\d.eE+-]/g, "");
			const number = digits === "" ? Number.NaN : Number(digits);
			return Number.isNaN(number) ? null : number;
		},
		"Number",
	),

	CONCATENATE: {
		least: 1,
		type: "String",
		run: (operands, row) =>
			operands.map((operand) => operand.text(row) ?? "").join(""),
	},
	FIND: found(0),
	SEARCH: found(null),
	MID: textual(3, (text, operands, row) => {
		const start = Math.max(1, numberAt(operands, 1, row) ?? 1) - 1;
		return text.slice(start, start + (numberAt(operands, 2, row) ?? 0));
	}),
	REPLACE: textual(4, (text, operands, row) => {
		const start = Math.max(1, numberAt(operands, 1, row) ?? 1) - 1;
		const count = numberAt(operands, 2, row) ?? 0;
		return (
			text.slice(0, start) +
			(textAt(operands, 3, row) ?? "") +
			text.slice(start + count)
		);
	}),
	SUBSTITUTE: textual(3, (text, operands, row) => {
		const old = textAt(operands, 1, row) ?? "";
		const fresh = textAt(operands, 2, row) ?? "";
		const which = numberAt(operands, 3, row);
		if (old === "") return text;
		if (which === null) return text.replaceAll(old, fresh);
		const pieces = text.split(old);
		if (which < 1 || which >= pieces.length) return text;
		return (
			pieces.slice(0, which).join(old) + fresh + pieces.slice(which).join(old)
		);
	}),
	LEN: textual(1, (text) => text.length, "Number"),
	LEFT: textual(1, (text, operands, row) =>
		text.slice(0, Math.max(0, numberAt(operands, 1, row) ?? 1)),
	),
	RIGHT: textual(1, (text, operands, row) => {
		const count = Math.max(0, numberAt(operands, 1, row) ?? 1);
		return count === 0 ? "" : text.slice(-count);
	}),
	LOWER: textual(1, (text) => text.toLowerCase()),
	UPPER: textual(1, (text) => text.toUpperCase()),
	REPT: textual(2, (text, operands, row) =>
		text.repeat(Math.max(0, Math.floor(numberAt(operands, 1, row) ?? 0))),
	),
	T: {
		least: 1,
		type: "String",
		run(operands, row) {
			const single = scalar(valueAt(operands, 0, row));
			return typeof single === "string" ? single : null;
		},
	},
	TRIM: textual(1, (text) => text.trim()),
	ENCODE_URL_COMPONENT: textual(1, (text) => encodeURIComponent(text)),

	IF: {
		least: 3,
		type: (operands) =>
			operands[1]?.type === operands[2]?.type
				? (operands[1]?.type ?? "String")
				: "String",
		run(operands, row) {
			const [condition, yes, no] = operands;
			const chosen = condition && truth(condition, row) ? yes : no;
			return chosen?.run(row) ?? null;
		},
	},
	SWITCH: {
		least: 2,
		type: (operands) => operands[2]?.type ?? operands[1]?.type ?? "String",
		run(operands, row) {
			const wanted = scalar(valueAt(operands, 0, row));
			let index = 1;
			for (; index + 1 < operands.length; index += 2)
				if (scalar(valueAt(operands, index, row)) === wanted)
					return valueAt(operands, index + 1, row);
			return index < operands.length ? valueAt(operands, index, row) : null;
		},
	},
	TRUE: { least: 0, type: "Boolean", run: () => true },
	FALSE: { least: 0, type: "Boolean", run: () => false },
	BLANK: { least: 0, type: "String", run: () => null },
	AND: {
		least: 1,
		type: "Boolean",
		run: (operands, row) => operands.every((each) => truth(each, row)),
	},
	OR: {
		least: 1,
		type: "Boolean",
		run: (operands, row) => operands.some((each) => truth(each, row)),
	},
	XOR: {
		least: 1,
		type: "Boolean",
		run: (operands, row) =>
			operands.filter((each) => truth(each, row)).length % 2 === 1,
	},
	NOT: {
		least: 1,
		type: "Boolean",
		run: (operands, row) => !scalar(valueAt(operands, 0, row)),
	},
	ERROR: {
		least: 0,
		type: "String",
		run: (operands, row) =>
			new ErrorValue(`#Error: ${textAt(operands, 0, row) ?? ""}`),
	},
	IS_ERROR: { least: 1, type: "Boolean", run: isError },
	ISERROR: { least: 1, type: "Boolean", run: isError },

	TODAY: {
		least: 0,
		type: "DateTime",
		run: (_operands, _row, world) => startOf(world.now(), "day", world.zone),
	},
	NOW: {
		least: 0,
		type: "DateTime",
		run: (_operands, _row, world) => world.now(),
	},
	TONOW: fromNow(),
	FROMNOW: fromNow(),
	DATEADD: {
		least: 3,
		type: "DateTime",
		run(operands, row, { zone }) {
			const ms = instant(valueAt(operands, 0, row), zone);
			if (ms === null) return null;
			const part = unit(valueAt(operands, 2, row));
			return add(ms, numberAt(operands, 1, row) ?? 0, part, zone);
		},
	},
	DATETIME_DIFF: twoDates(
		"Number",
		(a, b, zone, operands, row) =>
			difference(
				a,
				b,
				operands[2] === undefined ? "day" : unit(operands[2].run(row)),
				zone,
			),
		(operands) => checkUnit(operands[2]?.constant),
	),
	WORKDAY: {
		least: 2,
		type: "DateTime",
		run(operands, row, { zone }) {
			const ms = instant(valueAt(operands, 0, row), zone);
			if (ms === null) return null;
			const off = holidays(operands[2]?.run(row));
			const count = Math.trunc(numberAt(operands, 1, row) ?? 0);
			const step = Math.sign(count);
			let left = Math.abs(count);
			let day = ms;
			while (left > 0) {
				day = add(day, step, "day", zone);
				if (isWorkday(zone.wall(day), off)) left--;
			}
			return day;
		},
	},
	WORKDAY_DIFF: twoDates("Number", (a, b, zone, operands, row) => {
		const off = holidays(operands[2]?.run(row));
		const [first, last] = [Math.min(a, b), Math.max(a, b)].map((ms) =>
			startOf(ms, "day", zone),
		) as [number, number];
		let count = 0;
		for (let day = first; day <= last; day = add(day, 1, "day", zone))
			if (isWorkday(zone.wall(day), off)) count++;
		return a <= b ? count : -count;
	}),
	IS_AFTER: twoDates("Boolean", (a, b) => a > b),
	IS_BEFORE: twoDates("Boolean", (a, b) => a < b),
	IS_SAME: twoDates("Boolean", (a, b, zone, operands, row) => {
		const part = operands[2] === undefined ? "ms" : unit(operands[2].run(row));
		return startOf(a, part, zone) === startOf(b, part, zone);
	}),
	DATETIME_FORMAT: {
		least: 1,
		type: "String",
		run(operands, row, { zone }) {
			const ms = instant(valueAt(operands, 0, row), zone);
			if (ms === null) return null;
			return formatDate(
				ms,
				textAt(operands, 1, row) ?? "YYYY-MM-DDTHH:mm:ssZ",
				zone,
			);
		},
	},
	DATETIME_PARSE: {
		least: 1,
		type: "DateTime",
		run(operands, row, { zone }) {
			const value = valueAt(operands, 0, row);
			const format = textAt(operands, 1, row);
			if (value === null || format === null) return instant(value, zone);
			const ms = parseDateAs(textAt(operands, 0, row) ?? "", format, zone);
			if (ms === undefined) throw new RowFault("date");
			return ms;
		},
	},
	DATESTR: shown("YYYY-MM-DD"),
	TIMESTR: shown("HH:mm:ss"),
	YEAR: calendar((wall) => wall.getUTCFullYear()),
	MONTH: calendar((wall) => wall.getUTCMonth() + 1),
	WEEKDAY: calendar((wall, operands, row) =>
		textAt(operands, 1, row) === "Monday"
			? (wall.getUTCDay() + 6) % 7
			: wall.getUTCDay(),
	),
	WEEKNUM: calendar((wall, operands, row) =>
		weekNumber(wall, textAt(operands, 1, row) === "Monday" ? 1 : 0),
	),
	DAY: calendar((wall) => wall.getUTCDate()),
	HOUR: calendar((wall) => wall.getUTCHours()),
	MINUTE: calendar((wall) => wall.getUTCMinutes()),
	SECOND: calendar((wall) => wall.getUTCSeconds()),
	SET_LOCALE: {
		least: 2,
		type: "DateTime",
		run: (operands, row, { zone }) => instant(valueAt(operands, 0, row), zone),
	},
	SET_TIMEZONE: {
		least: 2,
		type: "DateTime",
		run(operands, row, { zone }) {
			const ms = instant(valueAt(operands, 0, row), zone);
			const hours = numberAt(operands, 1, row);
			if (ms === null || hours === null) return ms;
			return zone.instant(ms + hours * 3_600_000);
		},
	},
	CREATED_TIME: {
		least: 0,
		type: "DateTime",
		run: (_operands, row, world) => world.createdMs(row),
	},
	LAST_MODIFIED_TIME: {
		least: 0,
		type: "DateTime",
		run: (_operands, row, world) => world.modifiedMs(row),
	},

	ARRAYCOMPACT: {
		least: 1,
		type: "Array",
		run: (operands, row) =>
			flat(operands, row).filter((item) => item !== null && item !== ""),
	},
	ARRAYUNIQUE: {
		least: 1,
		type: "Array",
		run: (operands, row) => [...new Set(flat(operands, row))],
	},
	ARRAYJOIN: {
		least: 1,
		type: "String",
		run: (operands, row) =>
			flat(operands.slice(0, 1), row)
				.map((item) => item ?? "")
				.join(textAt(operands, 1, row) ?? ", "),
	},
	ARRAYFLATTEN: {
		least: 1,
		type: "Array",
		run: (operands, row) => [...flat(operands, row)],
	},
	COUNT: {
		least: 1,
		type: "Number",
		run: (operands, row) =>
			flat(operands, row).filter((item) => typeof item === "number").length,
	},
	COUNTA: {
		least: 1,
		type: "Number",
		run: (operands, row) =>
			flat(operands, row).filter((item) => item !== null && item !== "").length,
	},
	COUNTALL: {
		least: 1,
		type: "Number",
		run: (operands, row) => flat(operands, row).length,
	},
	COUNTIF: {
		least: 2,
		type: "Number",
		run(operands, row) {
			const wanted = scalar(valueAt(operands, 1, row));
			const operator = textAt(operands, 2, row) ?? "=";
			const compare = COUNT_COMPARES[operator];
			return flat(operands.slice(0, 1), row).filter((item) => {
				if (compare) return compare(Number(item), Number(wanted));
				const same =
					typeof item === "number" ? item === Number(wanted) : item === wanted;
				return operator === "!=" ? !same : same;
			}).length;
		},
	},
	RECORD_ID: {
		least: 0,
		type: "String",
		run: (_operands, row, world) => world.recordId(row),
	},
};

function isError(operands: Operands, row: unknown): boolean {
	try {
		const value = valueAt(operands, 0, row);
		return (
			value instanceof ErrorValue ||
			(typeof value === "number" && !Number.isFinite(value)) ||
			(isList(value) && String(value) === notANumber().message)
		);
	} catch (error) {
		if (error instanceof RowFault) return true;
		throw error;
	}
}
