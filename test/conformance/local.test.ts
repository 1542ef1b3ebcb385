import { describeConformanceOf } from "./suite.js";

describeConformanceOf("local");
