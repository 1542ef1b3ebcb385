/** What `cli.ts` starts: one import, so that a start reads one file of the bundle for all of it. */
export {
	createServer,
	type ServerOptions,
	serveHttp,
	stdioTransport,
	type TablesServer,
} from "./era-2025.js";
