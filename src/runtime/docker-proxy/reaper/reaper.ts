import { type Logger, messageOf } from '../../kernel/index.ts'
import type { Engine } from '../../platform/engine/index.ts'
import { LABELS, PROXY_LABEL } from '../contract.ts'
import { type Due, dueContainers, type Listed, noteEnded, type Why } from './due.ts'

export interface ReaperOptions {
  engine: Engine
  /** Label of the containers that were made here. */
  proxy: string
  isGone: (proxy: string) => boolean
  now: () => number
  log: Logger
  /** Told before one is taken away. */
  onDue(id: string): void
  onReaped(id: string, why: Why): void
  /** Told of what there is; the returned function is called once it is known. */
  look?(): (there: ReadonlySet<string>) => void
  /** Milliseconds for an answer of the engine: one that never answers must not end all reaping. */
  answerWithin?: number
}

export interface Reaper {
  /** Looks at all containers of sandboxes once and takes away those that are due; how many. Never rejects. */
  sweep(): Promise<number>
  /** Takes away all that were made here. Never rejects. */
  clear(): Promise<number>
  /** Sweeps now and every few seconds. */
  start(): void
  stop(): Promise<void>
}

/** Milliseconds between two sweeps. */
export const SWEEP_EVERY = 5_000

/** Takes away what would otherwise live on: programs of executors that were killed, and what nobody removed. */
export function createReaper(options: ReaperOptions): Reaper {
  const { engine, proxy, isGone, now, log, onDue, onReaped, look, answerWithin = 60_000 } = options
  const inTime = () => AbortSignal.timeout(answerWithin)
  let seen: ReadonlyMap<string, number> = new Map()
  let timer: NodeJS.Timeout | undefined
  let sweeping = Promise.resolve(0)
  let wasReached = true

  async function list(label: string): Promise<Listed[]> {
    const filters = JSON.stringify({ label: [label] })
    const query = new URLSearchParams({ all: '1', filters })
    return engine.json<Listed[]>({ method: 'GET', path: `/containers/json?${query}`, signal: inTime() })
  }

  async function remove({ id, why }: Due): Promise<boolean> {
    onDue(id)
    // Kills it first where it runs.
    const path = `/containers/${id}?force=1&v=1`
    const answer = await engine.call({ method: 'DELETE', path, signal: inTime() })
    answer.resume()
    // 404 and 409: somebody else has removed it, or is about to.
    const status = answer.statusCode ?? 500
    if (status === 404 || status === 409) return false
    if (status >= 400) throw new Error(`the engine answered ${status} to removing ${id}`)
    log.info({ container: id.slice(0, 12), why }, 'container taken away')
    onReaped(id, why)
    return true
  }

  async function removeAll(due: readonly Due[]): Promise<number> {
    let count = 0
    for (const one of due) {
      try {
        if (await remove(one)) count += 1
      } catch (error) {
        log.warn({ container: one.id.slice(0, 12) }, `cannot be taken away: ${messageOf(error)}`)
      }
    }
    return count
  }

  async function sweepOnce(): Promise<number> {
    try {
      const seeing = look?.()
      const containers = await list(LABELS.deadline)
      seeing?.(new Set(containers.map(({ Id }) => Id)))
      seen = noteEnded(containers, now(), seen)
      wasReached = true
      return await removeAll(dueContainers(containers, now(), seen, isGone))
    } catch (error) {
      if (wasReached) log.warn(`containers cannot be listed: ${messageOf(error)}`)
      wasReached = false
      return 0
    }
  }

  function sweep(): Promise<number> {
    sweeping = sweeping.then(sweepOnce)
    return sweeping
  }

  let isRunning = false
  const sweepAgain = async () => {
    await sweep()
    if (isRunning) timer = setTimeout(() => void sweepAgain(), SWEEP_EVERY)
  }

  return {
    sweep,
    async clear() {
      const own = await list(`${PROXY_LABEL}=${proxy}`).catch(() => [])
      return removeAll(own.map(({ Id: id }) => ({ id, why: 'abandoned' })))
    },
    start() {
      isRunning = true
      void sweepAgain()
    },
    async stop() {
      isRunning = false
      clearTimeout(timer)
      await sweeping
    },
  }
}
