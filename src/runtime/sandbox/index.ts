export { sandboxError, sandboxErrors } from './errors.ts'
export * from './messages.ts'
export type { Sandbox } from './sandbox.ts'
