import { describeConformanceOf } from "./suite.js";

describeConformanceOf("bitable");
