export * from './snapshot.ts'
export * from './source.ts'
