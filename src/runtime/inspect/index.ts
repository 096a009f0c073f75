export { inspectErrors } from './errors.ts'
export { createFilter } from './filter.ts'
export { parseStart, type TailedEntry, tailStreams } from './tail.ts'
