/** All that a program needs to serve: one import, so that a start reads one file of the bundle for it. */
export {
	createServer,
	type ServerOptions,
	type TablesServer,
} from "./era-2025.js";
export { serveHttp } from "./http.js";
export { stdioWire } from "./stdio.js";
