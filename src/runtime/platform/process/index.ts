export * from './guarded.ts'
export * from './lock.ts'
export * from './ports.ts'
export * from './run.ts'
