import { describeConformanceOf } from "./suite.js";

describeConformanceOf("fusion");
