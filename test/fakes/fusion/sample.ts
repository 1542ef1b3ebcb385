import type { Clock } from "../../../src/core/contract/clock.js";
import type { FaultPlan } from "../fake.js";
import {
	createFusionFake,
	type FusionFake,
	type FusionSwitches,
} from "./index.js";
import { addMeasured } from "./measured.js";

export interface FusionSampleOptions {
	readonly clock: Pick<Clock, "now">;
	readonly fault?: FaultPlan;
	readonly switches?: Partial<FusionSwitches>;
	readonly timeZone?: string;
	/** Rows of the contacts table. Default 9,400. */
	readonly contacts?: number;
	/** With the table that the vendor's own server held, `dstMeasured`. Default false. */
	readonly measured?: boolean;
}

export interface FusionSample {
	readonly fake: FusionFake;
	readonly spaceId: string;
	/** Of the owner, an editor and a reader. */
	readonly tokens: {
		readonly owner: string;
		readonly editor: string;
		readonly reader: string;
	};
	/** Datasheet ids. */
	readonly tables: Readonly<Record<SampleTable, string>>;
	/** The variables that point the server at the fake, which listens at `origin`. */
	environment(origin: string): Record<string, string>;
}

export type SampleTable =
	| "marketingCalendar"
	| "agencyCalendar"
	| "companies"
	| "contacts"
	| "tasks"
	| "inventory"
	| "customers"
	| "departments"
	| "employees"
	| "products";

const DAY_MS = 86_400_000;
const options = (...names: string[]) => ({
	options: names.map((name) => ({ name })),
});
const title = (name: string) => ({ name, type: "SingleText", property: {} });
const number = (name: string, precision = 0) => ({
	name,
	type: "Number",
	property: { precision },
});
const select = (name: string, ...names: string[]) => ({
	name,
	type: "SingleSelect",
	property: options(...names),
});
const date = (name: string) => ({
	name,
	type: "DateTime",
	property: { dateFormat: "YYYY-MM-DD" },
});
const member = (name: string) => ({
	name,
	type: "Member",
	property: { isMulti: false, shouldSendMsg: false },
});
const link = (name: string, foreignDatasheetId: string) => ({
	name,
	type: "MagicLink",
	property: { foreignDatasheetId },
});

/**
 * A space of a small company: two content calendars of the same name in different folders,
 * contacts with repeated phone numbers, tasks in sprints, stock, customers, staff with departments, products with photos.
 */
export function createFusionSample(given: FusionSampleOptions): FusionSample {
	const { contacts: contactCount = 9_400, measured, ...rest } = given;
	const fake = createFusionFake(rest);
	const today = Math.floor(given.clock.now() / DAY_MS) * DAY_MS;
	const people = {
		editor: fake.addPerson({
			name: "Ann Lee",
			permission: 1,
			email: "ann@example.com",
		}),
		reader: fake.addPerson({
			name: "Ravi Rao",
			permission: 3,
			email: "ravi@example.com",
		}),
		weiOne: fake.addPerson({ name: "张伟", permission: 1 }),
		weiTwo: fake.addPerson({ name: "张伟", permission: 1 }),
		li: fake.addPerson({ name: "李娜", permission: 1 }),
	};
	fake.addTeam({ name: "Design team" });
	const folder = (name: string) => fake.addNode({ type: "Folder", name });
	const [marketing, agency, sales, operations, staff] = [
		folder("Marketing"),
		folder("Agency"),
		folder("Sales"),
		folder("Operations"),
		folder("人事"),
	];

	const calendar = (folderId: string) =>
		fake.addTable({
			name: "Content Calendar",
			folderId,
			fields: [
				title("Post"),
				select("Channel", "Blog", "YouTube", "Instagram", "Newsletter"),
				select("Status", "Idea", "Draft", "Scheduled", "Published"),
				date("Publish date"),
				member("Owner"),
				{ name: "Notes", type: "Text" },
			],
		});
	const marketingCalendar = calendar(marketing);
	const agencyCalendar = calendar(agency);
	const channels = ["Blog", "YouTube", "Instagram", "Newsletter"];
	const states = ["Idea", "Draft", "Scheduled", "Published"];
	for (const [table, count] of [
		[marketingCalendar, 36],
		[agencyCalendar, 12],
	] as const)
		fake.addRecords(
			table,
			Array.from({ length: count }, (_, index) => ({
				Post: `Post ${index + 1}`,
				Channel: channels[index % channels.length],
				Status: states[index % states.length],
				...(index % 9 === 8
					? {}
					: { "Publish date": today + (index - 12) * DAY_MS }),
				...(index % 3 === 0 ? { Owner: [{ id: people.editor.id }] } : {}),
			})),
		);
	fake.addView(marketingCalendar, {
		name: "Weekly view",
		hidden: ["Notes"],
		filter: '{Status}!="Published"',
		sort: [{ field: "Publish date" }],
	});
	fake.addView(marketingCalendar, { name: "Calendar", type: "Calendar" });

	const companies = fake.addTable({
		name: "Companies",
		folderId: sales,
		fields: [title("Company"), { name: "Site", type: "URL" }],
	});
	const companyIds = fake.addRecords(
		companies,
		Array.from({ length: 20 }, (_, index) => ({
			Company: `Company ${index + 1}`,
			Site: `https://company-${index + 1}.example.com`,
		})),
	);
	const contacts = fake.addTable({
		name: "Contacts",
		folderId: sales,
		fields: [
			title("Name"),
			{ name: "Phone", type: "Phone" },
			{ name: "Email", type: "Email" },
			link("Company", companies),
			{
				name: "Created",
				type: "CreatedTime",
				property: { dateFormat: "YYYY-MM-DD" },
			},
		],
	});
	// Every hundredth number from the tenth row on belongs to an earlier contact, too.
	fake.addRecords(
		contacts,
		Array.from({ length: contactCount }, (_, index) => {
			const person = index % 100 === 10 ? index - 10 : index;
			return {
				Name: `Contact ${index + 1}`,
				...(index % 50 === 49
					? {}
					: { Phone: `+1 555 ${String(person).padStart(7, "0")}` }),
				Email: `contact-${index + 1}@example.com`,
				...(index % 40 === 0
					? { Company: [companyIds[(index / 40) % 20]] }
					: {}),
			};
		}),
		{ atMs: (index) => today - (contactCount - index) * 60_000 },
	);

	const tasks = fake.addTable({
		name: "Tasks",
		folderId: operations,
		fields: [
			title("Task"),
			select("Sprint", "Sprint 13", "Sprint 14", "Sprint 15"),
			select("Status", "To do", "In progress", "Done"),
			number("Points"),
			{
				name: "Done?",
				type: "Checkbox",
				property: { icon: "white_check_mark" },
			},
		],
	});
	const progress = ["To do", "In progress", "Done"];
	fake.addRecords(
		tasks,
		Array.from({ length: 300 }, (_, index) => ({
			Task: `Task ${index + 1}`,
			Sprint:
				index < 40 ? "Sprint 13" : index < 280 ? "Sprint 14" : "Sprint 15",
			Status: index < 40 ? "Done" : progress[index % 3],
			Points: (index % 5) + 1,
		})),
	);
	fake.addView(tasks, { name: "Weekly view", filter: '{Status}!="Done"' });

	const inventory = fake.addTable({
		name: "库存",
		folderId: operations,
		fields: [
			title("SKU"),
			number("库存"),
			number("安全库存"),
			{ name: "照片", type: "Attachment" },
		],
	});
	fake.addRecords(
		inventory,
		Array.from({ length: 60 }, (_, index) => ({
			SKU: `SKU-${String(index + 1).padStart(3, "0")}`,
			...(index % 10 === 9 ? {} : { 库存: (index * 7) % 40 }),
			...(index % 15 === 14 ? {} : { 安全库存: 15 }),
		})),
	);

	const customers = fake.addTable({
		name: "客户",
		folderId: sales,
		fields: [title("名称"), select("阶段", "潜在", "意向", "成交")],
	});
	fake.addRecords(
		customers,
		Array.from({ length: 30 }, (_, index) => ({
			名称: `客户 ${index + 1}`,
			阶段: ["潜在", "意向", "成交"][index % 3],
		})),
	);

	const departments = fake.addTable({
		name: "部门",
		folderId: staff,
		fields: [title("部门名称")],
	});
	const departmentIds = fake.addRecords(
		departments,
		["研发", "市场", "销售", "财务"].map((部门名称) => ({ 部门名称 })),
	);
	const employees = fake.addTable({
		name: "员工",
		folderId: staff,
		fields: [
			title("姓名"),
			{ name: "邮箱", type: "Email" },
			link("部门", departments),
			member("经理"),
			date("入职日期"),
		],
	});
	fake.addRecords(employees, [
		{
			姓名: "王芳",
			邮箱: "wangfang@example.com",
			部门: [departmentIds[0]],
			经理: [{ id: people.li.id }],
			入职日期: today - 400 * DAY_MS,
		},
	]);

	const products = fake.addTable({
		name: "Products",
		folderId: operations,
		fields: [
			title("SKU"),
			{ name: "Photos", type: "Attachment" },
			{
				name: "Price",
				type: "Currency",
				property: { symbol: "$", precision: 2 },
			},
		],
	});
	const photo = fake.addAttachment({
		name: "front.png",
		mimeType: "image/png",
		bytes: PIXEL,
	});
	fake.addRecords(
		products,
		Array.from({ length: 24 }, (_, index) => ({
			SKU: `P-${String(index + 1).padStart(3, "0")}`,
			Price: 10 + index,
			...(index % 4 === 0
				? { Photos: [{ token: photo, name: "front.png" }] }
				: {}),
		})),
	);

	if (measured) addMeasured(fake);
	fake.addNode({ type: "Form", name: "Contact us", parentId: sales });
	fake.addNode({ type: "Dashboard", name: "Sales overview", parentId: sales });
	return {
		fake,
		spaceId: fake.spaceId,
		tokens: {
			owner: fake.token,
			editor: people.editor.token,
			reader: people.reader.token,
		},
		tables: {
			marketingCalendar,
			agencyCalendar,
			companies,
			contacts,
			tasks,
			inventory,
			customers,
			departments,
			employees,
			products,
		},
		environment: (origin) => ({
			AITABLE_TOKEN: fake.token,
			AITABLE_BASE_URL: origin,
		}),
	};
}

/** A PNG of one pixel. */
const PIXEL = Buffer.from(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
	"base64",
);
