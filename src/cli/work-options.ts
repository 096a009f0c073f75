import { z } from 'zod'
import type { WorkOptions } from '../runtime/autoscale/index.ts'
import { loadConfig } from '../runtime/kernel/index.ts'
import { storageRole } from '../runtime/storage/storage.role.ts'
import { workerRole } from '../runtime/worker/worker.role.ts'

const options = z.object({
  ...workerRole.options.pick({
    feature: true,
    concurrency: true,
    subscribe: true,
    group: true,
    stage: true,
    stageConcurrency: true,
    evalConcurrency: true,
  }).shape,
  ...storageRole.options.pick({ batch: true }).shape,
})

/** What the replicas of a serve find out about their work: from the environment and the project file, as they do. */
export function workOptions(flags: { concurrency: number }): WorkOptions {
  return loadConfig(options, flags).values
}
