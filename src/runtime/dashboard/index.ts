export { dashboardError, dashboardErrors } from './errors.ts'
export * from './snapshot.ts'
export * from './source.ts'
