import type { OpenAutoscaler, OpenAutoscalerOptions } from './open.ts'

export type { Fleet } from './demand.ts'
export { autoscaleErrors } from './errors.ts'
export type { OpenAutoscaler } from './open.ts'
export { isRange, parseRange, parseRanges, type Range, scalableOf } from './ranges.ts'
export type { AutoscaleStatus } from './status.ts'
export type { WorkOptions } from './workloads.ts'

/** Loaded when something is to be scaled by itself: most serves need none of it. */
export async function openAutoscaler(options: OpenAutoscalerOptions): Promise<OpenAutoscaler> {
  return (await import('./open.ts')).openAutoscaler(options)
}
