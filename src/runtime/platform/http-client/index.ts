// The same as in platform/http, for whoever only calls services: without the server, which costs 20 MB.

export { bearerHeaders } from '../http/bearer.ts'
export * from '../http/client.ts'
export { fromProblem } from '../http/from-problem.ts'
export { ConnectionLost, readEvents } from '../http/sse-client.ts'
