import type { RagServiceOptions } from './service/service.ts'
import type { StageWorkerOptions } from './worker.ts'

export { ragError, ragErrors } from './errors.ts'
export { querySettings, stageSettings } from './options.ts'

// Each side of the capability is loaded by itself: a worker has no use for an HTTP server.

/** Everything a gateway needs to answer questions from documents; see `createRagService` in service.ts. */
export async function createRagService(options: RagServiceOptions) {
  return (await import('./service/service.ts')).createRagService(options)
}

/** Serves stages of the pipeline; see `startStageWorker` in worker.ts for the errors it throws. */
export async function startStageWorker(options: StageWorkerOptions) {
  return (await import('./worker.ts')).startStageWorker(options)
}
