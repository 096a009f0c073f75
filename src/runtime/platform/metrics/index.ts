export { type Checks, exposeChecks } from './checks.ts'
export { createMetrics, type Labels, type Metrics } from './metrics.ts'
