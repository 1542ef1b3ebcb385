import { withoutTexts } from "./tokens.js";

/*
 * What other dialects of SQL have and SQLite writes otherwise: an error about such a statement names SQLite's way.
 */

/** How it is written elsewhere, as a pattern over the statement without its texts and names, and what SQLite has. */
interface Habit {
	readonly elsewhere: RegExp;
	readonly here: string;
}

const HABITS: readonly Habit[] = [
	{
		elsewhere: /\bselect\s+(?:distinct\s+)?top\s*\(?\s*\d/i,
		here: "TOP n: LIMIT n at the end",
	},
	{
		elsewhere: /\bfetch\s+(?:first|next)\b/i,
		here: "FETCH FIRST n ROWS: LIMIT n",
	},
	{
		elsewhere: /\b(?:extract|date_part|datepart)\s*\(/i,
		here: "EXTRACT(YEAR FROM d): cast(strftime('%Y', d) as integer); %m is the month, %d the day, %w the weekday, %W the week",
	},
	{
		elsewhere: /\b(?:year|month|day|hour|minute|quarter|week|weekday)\s*\(/i,
		here: "YEAR(d), MONTH(d): cast(strftime('%Y', d) as integer), '%m'; the quarter: (strftime('%m', d) + 2) / 3",
	},
	{
		elsewhere: /\bdate_?trunc\s*\(/i,
		here: "DATE_TRUNC('month', d): date(d, 'start of month'), or substr(d, 1, 7) to group by month; the Monday of a week: date(d, '-6 days', 'weekday 1')",
	},
	{
		elsewhere: /\bdate_?diff\s*\(|\btimestampdiff\s*\(|\bage\s*\(/i,
		here: "DATEDIFF: days_between(from, to), seconds_between(from, to)",
	},
	{
		elsewhere: /\binterval\b|\bdate_?(?:add|sub)\s*\(/i,
		here: "INTERVAL, DATEADD: date(d, '+7 days'), datetime(d, '-1 month')",
	},
	{
		elsewhere: /\b(?:getdate|sysdate|curdate|systimestamp)\b/i,
		here: "GETDATE(): now(), or today()",
	},
	{
		elsewhere: /\b(?:to_char|date_format|datename)\s*\(/i,
		here: "TO_CHAR, DATE_FORMAT: strftime('%Y-%m', d) for dates, printf('%.2f', x) for numbers",
	},
	{
		elsewhere: /\b(?:to_date|to_timestamp|str_to_date)\s*\(/i,
		here: "TO_DATE: dates are texts like '2026-11-20' already",
	},
	{
		elsewhere: /\blast_day\s*\(|\beomonth\s*\(/i,
		here: "LAST_DAY: date(d, 'start of month', '+1 month', '-1 day')",
	},
	{
		elsewhere: /::/,
		here: "x::int: cast(x as integer), cast(x as real), cast(x as text)",
	},
	{
		elsewhere: /\b(?:try_)?convert\s*\(|\btry_cast\s*\(|\bto_number\s*\(/i,
		here: "CONVERT: cast(x as integer), cast(x as real), cast(x as text)",
	},
	{
		elsewhere: /\bilike\b/i,
		here: "ILIKE: LIKE, which ignores case here",
	},
	{
		elsewhere: /\bsimilar\s+to\b|~\*|\b(?:regexp_like|rlike)\b/i,
		here: "RLIKE, ~: regexp(pattern, text), where (?i) at the start ignores case",
	},
	{
		elsewhere: /\b(?:isnull|nvl2?|zeroifnull)\s*\(/i,
		here: "ISNULL(x, y), NVL: ifnull(x, y), coalesce(x, y, …)",
	},
	{
		elsewhere: /\bwithin\s+group\b/i,
		here: "PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x): percentile_cont(x, 0.9), median(x), string_agg(x, ',' order by x)",
	},
	{
		elsewhere: /\b(?:listagg|wm_concat)\s*\(|\bseparator\b/i,
		here: "LISTAGG, SEPARATOR: string_agg(x, ', ' order by x)",
	},
	{
		elsewhere: /\b(?:array_agg|json_agg|collect_list)\s*\(/i,
		here: "ARRAY_AGG: json_group_array(x)",
	},
	{
		elsewhere: /\b(?:unnest|explode|flatten)\s*\(/i,
		here: 'UNNEST: from t, json_each(t."X_ids") e, whose values are e.value',
	},
	{
		elsewhere: /\b(?:left|right)\s*\([^)]*,/i,
		here: "LEFT(s, n), RIGHT(s, n): substr(s, 1, n), substr(s, -n)",
	},
	{
		elsewhere: /\b(?:len|char_length|character_length)\s*\(/i,
		here: "LEN: length(s)",
	},
	{
		elsewhere: /\b(?:charindex|position|strpos|locate)\s*\(/i,
		here: "POSITION, CHARINDEX: instr(text, part)",
	},
	{
		elsewhere: /\b(?:greatest|least)\s*\(/i,
		here: "GREATEST, LEAST: max(a, b), min(a, b)",
	},
	{
		elsewhere:
			/\b(?:stdevp?|stddev_(?:samp|pop)|var(?:iance|_samp|_pop)?)\s*\(/i,
		here: "STDEV: stddev(x), of a sample; the variance is its square",
	},
	{
		elsewhere: /\bdistinct\s+on\b|\bqualify\b/i,
		here: "DISTINCT ON, QUALIFY: select * from (select *, row_number() over (partition by k order by d desc) n from t) where n = 1",
	},
	{
		elsewhere: /\bpivot\s*\(/i,
		here: "PIVOT: sum(x) filter (where k = 'a'), one column for each",
	},
	{
		elsewhere: /\b(?:rollup|cube|grouping\s+sets)\b/i,
		here: "ROLLUP: union all of the groups and the total",
	},
	{
		elsewhere: /\b(?:lateral|cross\s+apply|outer\s+apply)\b/i,
		here: "LATERAL, APPLY: a subquery in the select list, or row_number() over (partition by …)",
	},
];

/** Ways of other dialects are told, at most. */
const MOST_TOLD = 3;

/** What SQLite has in place of what the statement has from other dialects; empty: there is nothing of them. */
export function waysHere(sql: string): string {
	const bare = withoutTexts(sql);
	const found = HABITS.filter(({ elsewhere }) => elsewhere.test(bare));
	return found.length === 0
		? ""
		: `In SQLite, in place of ${found
				.slice(0, MOST_TOLD)
				.map(({ here }) => here)
				.join("; in place of ")}.`;
}
