import { describeKills } from "./kills.js";
import { describeFaults } from "./suite.js";

describeFaults("fusion");
describeKills("fusion");
