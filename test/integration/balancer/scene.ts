import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import {
  type Balancer,
  type BalancerOptions,
  createBalancer,
  createRegistration,
  type Lease,
  loadKey,
  type Registration,
} from '../../../src/runtime/balancer/index.ts'
import { type Closer, createCloser } from '../../../src/runtime/kernel/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent } from '../../support/redis.ts'

export const POOL = 'llm'
export const OK = { kind: 'ok' } as const
export const FAILED = { kind: 'failed' } as const
export const BUSY = { kind: 'busy' } as const
export const CANCELLED = { kind: 'cancelled' } as const

export const urlOf = (n: number) => `http://127.0.0.1:${8000 + n}`

/** What one test opens; all of it is closed after it. */
export interface Scene {
  closer: Closer
  /** Registers replicas 1 to `count`, which nobody serves. */
  register(count: number, ttl?: number): Promise<Registration[]>
  balancer(options?: Partial<BalancerOptions>): Balancer
  /** The load as it stands in Redis: `null` when there is none. */
  load(n: number): Promise<string | null>
}

export function openScene(redis: RedisClient): Scene {
  const closer = createCloser()
  return {
    closer,
    async register(count, ttl) {
      const all = Array.from({ length: count }, (_, i) =>
        closer.add(
          createRegistration({
            redis,
            pool: POOL,
            url: urlOf(i + 1),
            log: silent,
            ...(ttl === undefined ? {} : { ttl }),
          }),
          (registration) => registration.close(),
        ),
      )
      await Promise.all(all.map(({ registered }) => registered))
      return all
    },
    balancer(options = {}) {
      return closer.add(createBalancer({ redis, pool: POOL, log: silent, ...options }), (balancer) =>
        balancer.close(),
      )
    },
    load: (n) => redis.get(loadKey(POOL, urlOf(n))),
  }
}

/** So many leases, one after the other. */
export async function take(balancer: Balancer, count: number): Promise<Lease[]> {
  const leases: Lease[] = []
  while (leases.length < count) leases.push(await balancer.acquire())
  return leases
}

export async function releaseAll(leases: readonly Lease[]): Promise<void> {
  await Promise.all(leases.map((lease) => lease.release(OK)))
}

/** Another process with a balancer or a registration of its own. */
export interface Other {
  pid: number
  ask(question: Question): Promise<unknown>
  kill(signal: NodeJS.Signals): void
  exited: Promise<unknown>
}

export type Question =
  | { take: number; leaseTtl: number }
  | { release: 'all' }
  | { register: string; ttl: number }

export async function startOther(redisUrl: string, closer: Closer): Promise<Other> {
  const child: ChildProcess = fork(new URL('./other.child.ts', import.meta.url), [redisUrl], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  closer.add(child, async () => {
    child.kill('SIGKILL')
    await exited
  })
  await once(child, 'message')
  return {
    pid: child.pid as number,
    exited,
    kill: (signal) => void child.kill(signal),
    async ask(question) {
      child.send(question)
      const [answer] = await once(child, 'message')
      return answer
    },
  }
}
