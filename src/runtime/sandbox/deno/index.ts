export { createDenoSandbox } from './deno.ts'
export { findDeno, findPyodide } from './find.ts'
