import type { Filled } from "./ask.js";

/** Tables that statements of all kinds run on; small numbers, so that joins of three stay small. */
export const TABLES: readonly Filled[] = [
	{
		as: "orders",
		columns: [
			{ name: "_id", type: "TEXT" },
			{ name: "Order no", type: "TEXT" },
			{ name: "Customer", type: "TEXT" },
			{ name: "Amount", type: "REAL" },
			{ name: "Qty", type: "REAL" },
			{ name: "Paid", type: "INTEGER" },
			{ name: "Day", type: "TEXT" },
			{ name: "Tags_list", type: "TEXT" },
			{ name: "Customer_ids", type: "TEXT" },
		],
		rows: Array.from({ length: 60 }, (_, index) => [
			`o${index}`,
			`SO-${1000 + index}`,
			index % 11 === 0 ? null : `Customer ${index % 7}`,
			index % 13 === 0 ? null : ((index * 37) % 101) + 0.5,
			(index * 7) % 9,
			index % 2,
			`2026-${String(1 + (index % 12)).padStart(2, "0")}-${String(1 + ((index * 5) % 28)).padStart(2, "0")}`,
			JSON.stringify(
				index % 3 === 0 ? ["a", "b"] : index % 3 === 1 ? ["b"] : [],
			),
			index % 11 === 0 ? null : JSON.stringify([`c${index % 7}`]),
		]),
	},
	{
		as: "customers",
		columns: [
			{ name: "_id", type: "TEXT" },
			{ name: "Name", type: "TEXT" },
			{ name: "City", type: "TEXT" },
			{ name: "Limit", type: "REAL" },
			{ name: "Parent", type: "TEXT" },
		],
		rows: Array.from({ length: 9 }, (_, index) => [
			`c${index}`,
			`Customer ${index}`,
			["Berlin", "Köln", "上海", null][index % 4] ?? null,
			index * 100,
			index === 0 ? null : `c${Math.floor((index - 1) / 2)}`,
		]),
	},
];

/** Parts of a SELECT, each with what it needs; every one of a list is used with all of the next. */
const FUNCTIONS = `
abs(Amount-50)|round(Amount/3, 2)|coalesce(Amount, 0)|ifnull(Customer, '-')|iif(Paid, 'y', 'n')|nullif(Qty, 0)
substr("Order no", 4)|instr("Order no", '-')|replace("Order no", 'SO', 'X')|length("Order no")|trim('  a ')
ltrim('xa', 'x')|rtrim('ax', 'x')|hex('a')|quote("Order no")|char(65, 66)|unicode('a')|printf('%05d', Paid)
format('%.2f', Amount)|concat_ws('-', Paid, Day)|"Order no" || '!'|typeof(Amount)|sign(Amount)|Amount % 7|cast(Amount as integer)
date(Day)|date(Day, 'start of month')|date(Day, '+1 month', '-1 day')|strftime('%Y-%W', Day)|julianday(Day)
datetime(Day, '+90 minutes')|time('12:30:15')|unixepoch(Day)|timediff(Day, '2026-01-01')|substr(Day, 1, 7)
json_array_length(Tags_list)|json_extract(Tags_list, '$[0]')|Tags_list ->> 0|Tags_list -> 0|json_valid(Tags_list)|json_type(Tags_list)
json_array(Paid, Qty)|json_object('a', Qty)|json_quote("Order no")|json_insert(Tags_list, '$[#]', 'z')
max(Qty, 3)|min(Qty, 3)|Amount between 10 and 50|Qty in (1, 2, 3)|Customer is null|Customer is not 'Customer 1'
Customer like 'customer 1'|Customer glob 'Customer ?'|not Paid|~Paid|Paid << 2|case when Qty > 5 then 'many' when Qty > 2 then 'some' end
sqrt(Qty)|pow(Qty, 2)|ceil(Amount)|floor(Amount)|ln(Qty + 1)|exp(0)|mod(Qty, 4)|pi()|likely(Paid)|lower("Order no")|upper(Customer)
`;
const AGGREGATES = `
count(*)|count(Customer)|count(distinct Customer)|sum(Amount)|total(Amount)|avg(Amount)|min(Amount)|max(Day)
group_concat("Order no", '|')|string_agg(Qty, ',')|json_group_array(Qty)|json_group_object("Order no", Qty)
sum(Amount) filter (where Paid)|sum(case when Paid then Amount end)|max(Amount) - min(Amount)|count(*) * 1.0 / 3
`;
const WINDOWS = `
row_number() over (order by _id)|rank() over (order by Qty)|dense_rank() over (partition by Paid order by Qty)
percent_rank() over (order by Qty)|cume_dist() over (order by Qty)|ntile(4) over (order by _id)|lag(Amount) over (order by _id)
lead(Amount, 2, 0) over (order by _id)|first_value(Day) over (partition by Customer order by Day, _id)
last_value(Day) over (partition by Customer order by Day, _id rows between unbounded preceding and unbounded following)
nth_value(Qty, 2) over (order by _id)|sum(Amount) over (order by _id)|avg(Amount) over (order by _id rows between 2 preceding and current row)
count(*) over (partition by Customer)|sum(Qty) over (order by Qty groups between 1 preceding and 1 following)
sum(Amount) over (order by Qty range between 1 preceding and current row exclude current row)|max(Qty) over w
`;
const WHOLE = [
	"select * from orders",
	"select o.*, c.City from orders o join customers c on c.Name = o.Customer",
	"select c.Name, count(o._id) from customers c left join orders o on o.Customer = c.Name group by 1",
	"select Name from customers c where not exists (select 1 from orders o where o.Customer = c.Name)",
	"select Name from customers where Name not in (select Customer from orders where Customer is not null)",
	"select _id from orders except select _id from orders where Paid",
	"select Day from orders union select Name from customers",
	"select Day from orders union all select Day from orders",
	"select Customer from orders intersect select Name from customers",
	"with m as (select substr(Day, 1, 7) Month, sum(Amount) s from orders group by 1) select Month, sum(s) over (order by Month) from m",
	"with recursive up(id, depth) as (select _id, 0 from customers where Parent is null union all select c._id, depth + 1 from customers c join up on c.Parent = up.id) select * from up",
	"with recursive d(x) as (select '2026-01-01' union all select date(x, '+1 day') from d where x < '2026-01-31') select count(*), max(x) from d",
	"with recursive n(x) as (values (1) union all select x + 1 from n where x < 10) select sum(x) from n",
	"with a as (select * from orders), b as (select * from a where Paid) select count(*) from b",
	"with a as materialized (select Qty from orders) select a1.Qty from a a1 join a a2 using (Qty) group by 1",
	"select t.value, count(*) from orders, json_each(Tags_list) t group by 1",
	"select key, value from json_each('[1,2]')",
	"select o._id, c.Name from orders o, json_each(o.Customer_ids) i join customers c on c._id = i.value",
	'select fullkey, atom from json_tree(\'{"a":[1,{"b":2}]}\') where atom is not null',
	"select Customer, sum(Amount) filter (where Paid) p, sum(Amount) filter (where not Paid) u from orders group by 1",
	"select Customer, max(case when Paid then Day end) from orders group by Customer having count(*) > 3",
	"select max(Amount), Day from orders",
	"select (select max(Amount) from orders o2 where o2.Customer = o.Customer) m from orders o",
	"select * from (select Qty, count(*) n from orders group by Qty) where n > 5",
	"select a._id from orders a join orders b on b.Day > a.Day and b.Customer = a.Customer group by a._id",
	"select _id from orders where (Qty, Paid) in (select Qty, Paid from orders where Amount > 50)",
	"select count(*) from orders natural join customers",
	"select o._id from orders o join (select Name Customer, City from customers) using (Customer)",
	"select Qty from orders o full join (select 100 Qty) x using (Qty)",
	"select c.Name from orders o right join customers c on c.Name = o.Customer where o._id is null",
	"select o._id, x.Name from orders o cross join customers x where x._id = 'c1'",
	"values (1, 'a'), (2, 'b')",
	"select 1 where 1 in orders_of_none",
	"select distinct Paid, Qty from orders",
	"select _id from orders limit 5 offset 3",
	"select /* a comment; */ 1; -- the end",
	"select 1;;",
	"select sum(Qty) over w, avg(Qty) over w from orders window w as (order by _id rows 3 preceding)",
	"select group_concat(distinct Customer) from orders",
	"select string_agg(Name, ', ' order by Name desc) from customers",
	"select exists (select 1 from orders where Amount > 1000)",
	'select count(*) from orders o join customers c on c.Name = o.Customer and c."Limit" < o.Amount',
	"select Customer collate nocase from orders group by 1",
	"select [Order no], `Day` from orders",
	"select 'it''s', \"Order no\" from orders",
	"select x'41', 1e3, 0x10, 1_000",
	"select null is null, true, false, 1 is not 2",
	"select 7 / 2, 7.0 / 2, 7 % 4, -7 / 2",
	'select "Amount" / "Qty" from orders',
	"select rowid, _id from orders",
	"select cast('12abc' as real), cast(2.9 as integer)",
].filter((sql) => !sql.includes("orders_of_none"));

const parts = (list: string) =>
	list
		.trim()
		.split(/\n|\|(?!\|)(?<!\|\|)(?![',])/)
		.filter((part) => part.trim() !== "");

/** Statements that SQLite and this engine must answer alike. */
export const SELECTS: readonly string[] = [
	...parts(FUNCTIONS).flatMap((part) => [
		`select ${part} v from orders`,
		`select _id from orders where (${part}) is not null order by ${part}, _id`,
	]),
	...parts(AGGREGATES).flatMap((part) => [
		`select ${part} v from orders`,
		`select Customer, ${part} v from orders where Amount > 20 group by Customer`,
	]),
	...parts(WINDOWS).map((part) =>
		part.endsWith(" w")
			? `select ${part} v from orders window w as (partition by Paid)`
			: `select _id, ${part} v from orders`,
	),
	...WHOLE,
];
