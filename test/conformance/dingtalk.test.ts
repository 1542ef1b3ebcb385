import { describeConformanceOf } from "./suite.js";

describeConformanceOf("dingtalk");
