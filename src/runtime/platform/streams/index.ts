export * from './entries.ts'
export * from './follower.ts'
export * from './ids.ts'
