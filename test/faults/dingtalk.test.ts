import { describeKills } from "./kills.js";
import { describeFaults } from "./suite.js";

describeFaults("dingtalk");
describeKills("dingtalk");
