export * from './host.ts'
export * from './protocol.ts'
