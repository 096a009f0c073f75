export * from './current.ts'
export * from './open.ts'
export { passingTracer } from './passing.ts'
export * from './traceparent.ts'
