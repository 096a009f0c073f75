import type { Logger } from '../../kernel/index.ts'
import { loadScript, type RedisClient } from '../redis/index.ts'
import { queueKeys } from './batch-queue.ts'

const renewScript = loadScript(import.meta.url, 'renew', 1)
const recoverScript = loadScript(import.meta.url, 'recover', 4)
const giveBackScript = loadScript(import.meta.url, 'give-back', 3)

export interface JobLeasesOptions {
  redis: RedisClient
  prefix: string
  /** Names of the served queues. */
  queues: readonly string[]
  /** What the locks of this worker hold. */
  token: string
  /** Milliseconds. */
  lockDuration: number
  /** Ids of the jobs of a queue that this worker has. */
  held(queue: string): string[]
  /** Another worker has the job now. */
  onLost(queue: string, id: string): void
  log: Logger
}

/** Keeps the jobs of a worker its own, and finds those whose worker has died. */
export interface JobLeases {
  /** Puts a job back to the head of its queue. */
  giveBack(queue: string, id: string): Promise<void>
  close(): void
}

export function createJobLeases(options: JobLeasesOptions): JobLeases {
  const { redis, prefix, queues, token, lockDuration, held, onLost, log } = options
  const renewing = setInterval(oneAtATime(renew), lockDuration / 3)
  const recovering = setInterval(oneAtATime(recover), lockDuration / 2)
  void recover()

  async function renew(): Promise<void> {
    for (const queue of queues) {
      const ids = held(queue)
      if (ids.length === 0) continue
      const keys = queueKeys(prefix, queue)
      // A failure is made good by the next renewal, or by whoever recovers the jobs.
      const lost = await renewScript(redis, [keys.wait], [keys.base, token, lockDuration, ...ids]).catch(
        () => [],
      )
      for (const id of lost as string[]) onLost(queue, id)
    }
  }

  async function recover(): Promise<void> {
    for (const queue of queues) {
      const { wait, active, marker, stalledCheck, base } = queueKeys(prefix, queue)
      // Workers take turns: whoever comes first in an interval looks for all.
      const args = [base, Math.ceil(lockDuration / 2) - 1]
      const ids = await recoverScript(redis, [wait, active, marker, stalledCheck], args).catch(() => [])
      if ((ids as string[]).length > 0)
        log.warn({ queue, jobs: ids }, 'the worker of these jobs died; they are tried again')
    }
  }

  return {
    async giveBack(queue, id) {
      const { wait, active, marker, base } = queueKeys(prefix, queue)
      await giveBackScript(redis, [wait, active, marker], [base, token, id])
    },
    close() {
      clearInterval(renewing)
      clearInterval(recovering)
    },
  }
}

/** While Redis is away, calls would pile up behind the first. */
function oneAtATime(work: () => Promise<void>): () => void {
  let running = false
  return () => {
    if (running) return
    running = true
    void work().finally(() => {
      running = false
    })
  }
}
