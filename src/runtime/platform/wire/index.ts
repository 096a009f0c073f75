export { createWireClient } from './client.ts'
export * from './messages.ts'
export { prepareRequest, type RequestParts } from './request.ts'
