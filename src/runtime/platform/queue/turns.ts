import { setTimeout as pause } from 'node:timers/promises'
import { type Logger, messageOf } from '../../kernel/index.ts'
import { loadScript, type RedisClient } from '../redis/index.ts'
import type { HandOver } from './batch-job.ts'
import { JOB_OPTIONS, queueKeys } from './batch-queue.ts'

const turnScript = loadScript(import.meta.url, 'turn', 1)

/** A job that this worker holds now; `index` is that of its queue among the served ones. */
export interface Taken {
  index: number
  id: string
  data: string
  started: number
  crashes: number
}

export interface TurnsOptions {
  redis: RedisClient
  prefix: string
  /** Names of the queues this worker serves. */
  served: readonly string[]
  token: string
  lockDuration: number
  /** How many more jobs of a served queue may be under way. */
  room(index: number): number
  onTaken(job: Taken): void
  /** Called after each turn, when what it has taken is under way. */
  onTurn(): void
  log: Logger
}

/** The calls in which a worker gives jobs away and gets new ones: one at a time, each with all that has come together. */
export interface Turns {
  /** There may be something to take. */
  request(): void
  /** A job is finished, or goes on to another queue. */
  settle(index: number, id: string, next: HandOver): void
  /** Resolves when nothing is left to be said. */
  quiet(): Promise<void>
}

/** Jobs taken from one queue at a time at most, so that a burst is shared among workers. */
const TAKE = 32
/** Jobs settled in one call at most: a script has a limited number of arguments. */
const SETTLE = 500
const RETRY_DELAY = 250

interface Settled {
  index: number
  id: string
  next: HandOver
  data: string
}

export function createTurns(options: TurnsOptions): Turns {
  const { redis, prefix, served, token, lockDuration, room, onTaken, onTurn, log } = options
  const bases = served.map((name) => queueKeys(prefix, name).base)
  const lead = queueKeys(prefix, served[0] as string).wait
  let settled: Settled[] = []
  let wanted = false
  let running = false
  let waiting: (() => void)[] = []

  function start(): void {
    wanted = true
    if (running) return
    running = true
    setImmediate(() => void run())
  }

  async function run(): Promise<void> {
    // After the end of the connection nothing can be said any more: locks run out, and others find the jobs.
    while ((wanted || settled.length > 0) && redis.status !== 'end') {
      wanted = false
      const batch = settled.splice(0, SETTLE)
      try {
        await turn(batch)
      } catch (error) {
        log.debug({ reason: messageOf(error) }, 'handing jobs over failed, trying again')
        settled = [...batch, ...settled]
        await pause(RETRY_DELAY)
      }
    }
    running = false
    for (const done of waiting) done()
    waiting = []
  }

  async function turn(batch: readonly Settled[]): Promise<void> {
    const limits = served.map((_, index) => Math.max(0, Math.min(TAKE, room(index))))
    const reply = await turnScript(redis, [lead], argumentsOf(batch, limits))
    const [lost, taken] = reply as [string[], [number, string, string, number, number][]]
    if (lost.length > 0) log.debug({ jobs: lost }, 'finished jobs that another worker had taken over')
    for (const [number, id, data, started, crashes] of taken)
      onTaken({ index: number - 1, id, data, started, crashes })
    onTurn()
  }

  function argumentsOf(batch: readonly Settled[], limits: readonly number[]): (string | number)[] {
    const names = new Map(served.map((name, index) => [name, index + 1]))
    const others: string[] = []
    const jobs: (string | number)[] = []
    for (const { index, id, next, data } of batch) {
      let target = 0
      if (next !== undefined) {
        target = names.get(next.to) ?? 0
        if (target === 0) {
          target = served.length + others.push(queueKeys(prefix, next.to).base)
          names.set(next.to, target)
        }
      }
      jobs.push(index + 1, id, target, data)
    }
    const own = bases.flatMap((base, index) => [base, limits[index] as number])
    const head = [token, lockDuration, Date.now(), JOB_OPTIONS]
    return [...head, served.length, ...own, others.length, ...others, ...jobs]
  }

  return {
    request: start,
    settle(index, id, next) {
      settled.push({ index, id, next, data: next === undefined ? '' : JSON.stringify(next.data) })
      start()
    },
    quiet: () => (running ? new Promise((done) => waiting.push(done)) : Promise.resolve()),
  }
}
