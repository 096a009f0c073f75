export { inspectErrors } from './errors.ts'
export { createFilter } from './filter.ts'
export { parseStart, type TailedEntry, type TailOptions, tailStreams } from './tail.ts'
