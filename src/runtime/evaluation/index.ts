import type { RedisClient } from '../platform/redis/index.ts'
import type { EvaluationServiceOptions } from './service/service.ts'
import type { EvaluationWorkerOptions } from './worker/worker.ts'

export { evaluationError, evaluationErrors } from './errors.ts'
export { type EventTarget, emitEvaluationEvent, emitFacts } from './events.ts'
export * from './keys.ts'
export * from './messages.ts'
export type { Records } from './records.ts'
export { evaluationSettings } from './settings.ts'

// Each side of the capability is loaded by itself: a worker has no use for an HTTP server, nor storage for a queue.

/** Everything a gateway needs to take evaluations and show them; see `createEvaluationService` in service.ts. */
export async function createEvaluationService(options: EvaluationServiceOptions) {
  return (await import('./service/service.ts')).createEvaluationService(options)
}

/** Has evaluations run by executors; see `startEvaluationWorker` in worker.ts for the errors it throws. */
export async function startEvaluationWorker(options: EvaluationWorkerOptions) {
  return (await import('./worker/worker.ts')).startEvaluationWorker(options)
}

/** What is known of evaluations until their rows are stored. */
export async function openRecords(redis: RedisClient) {
  return (await import('./records.ts')).createRecords(redis)
}

/** Makes the group of storage on the streams of evaluations where it is missing; see storage-group.ts. */
export async function ensureStorageGroup(redis: RedisClient) {
  return (await import('./storage-group.ts')).ensureStorageGroup(redis)
}
