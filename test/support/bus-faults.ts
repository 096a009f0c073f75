import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'
import { deadLetterKey, streamKey } from '../../src/runtime/bus/index.ts'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import { isCluster, type RedisClient } from '../../src/runtime/platform/redis/index.ts'
import type { ConsumerOptions, Message, ProducerOptions } from '../faults/bus/options.ts'
import type { Entry } from '../faults/bus/record.ts'
import { type Chance, chanceFor } from './faults.ts'
import { eventually } from './program.ts'

export const TYPE = 'fault.event'
export const GROUP = 'fault-group'
export const STREAM = streamKey(TYPE)
/** Milliseconds. Short, so that a test takes no longer than it must; long enough for two busy cores. */
export const LEASE = 1_500
/** For tests in which the lease of nobody who lives may run out: longer than a busy machine stops a process. */
export const LONG_LEASE = 6_000

export interface Ack {
  id: string
  /** When Redis has stored it, in milliseconds since 1970 by the clock of the server. */
  at: number
  repeat: boolean
}

export interface Handling {
  id: string
  consumer: string
  delivery: number
  at: number
}

/** What all processes of a test have recorded so far. */
export interface Books {
  attempted: ReadonlySet<string>
  acked: ReadonlyMap<string, Ack>
  refused: readonly (Entry & { what: 'refused' })[]
  begun: readonly Handling[]
  handled: readonly Handling[]
  handledIds: ReadonlySet<string>
}

export interface Child {
  readonly name: string
  readonly pid: number
  readonly exited: Promise<unknown>
  kill(signal: NodeJS.Signals): void
}

export interface Producer extends Child {
  /** Ends it when all that is on its way is acknowledged or refused. */
  stop(): Promise<void>
}

export interface Consumer extends Child {
  /** Ends it in order, as SIGTERM does. */
  stop(): Promise<void>
  /** The sum of a counter over the label values given. */
  metric(name: string, labels?: Record<string, string>): Promise<number>
}

export interface Verdict {
  acked: number
  handled: number
  /** Acknowledged, not excused, and never handled. */
  lost: string[]
  /** Handled, but never published. */
  unexpected: string[]
  /** Handlings beyond the first of each event. */
  duplicates: number
  refused: number
  deadLetters: number
}

export interface Arena {
  readonly chance: Chance
  /** Something to say in the failure of whatever goes wrong. */
  readonly why: string
  producer(options: Pick<ProducerOptions, 'url'> & Partial<ProducerOptions>): Promise<Producer>
  consumer(options: Pick<ConsumerOptions, 'url'> & Partial<ConsumerOptions>): Promise<Consumer>
  books(): Books
  /** Waits until so many more events are acknowledged: the moment for a fault. */
  moreAcks(count: number): Promise<void>
  /** Waits until everything acknowledged and not excused is handled, and the group has nothing open. */
  drain(redis: RedisClient, excused?: (ack: Ack) => boolean, timeout?: number): Promise<void>
  /** Prints the figures. */
  judge(redis: RedisClient, excused?: (ack: Ack) => boolean): Promise<Verdict>
  /** Has something closed when the test ends, after the processes. */
  own<T>(opened: T, close: (opened: T) => unknown): T
}

const PRODUCER = fileURLToPath(new URL('../faults/bus/producer.child.ts', import.meta.url))
const CONSUMER = fileURLToPath(new URL('../faults/bus/consumer.child.ts', import.meta.url))
const NEVER = () => false

/** For a test file; `open` in each test. Nothing that a test has started outlives it. */
export function createArenas(): { open(row: string): Arena } {
  let closer = createCloser()
  afterEach(async () => {
    const closing = closer
    closer = createCloser()
    await closing.close()
  })
  return { open: (row) => openArena(row, closer) }
}

function openArena(row: string, closer: ReturnType<typeof createCloser>): Arena {
  const chance = chanceFor(row)
  const why = `[AGENTCTL_FAULT_SEED=${chance.seed}] ${row}`
  process.stderr.write(`${why}: begins\n`)
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-faults-'))
  closer.add(dir, (folder) => rmSync(folder, { recursive: true, force: true }))
  let counter = 0

  async function start(file: string, options: { name: string }): Promise<[ChildProcess, Child]> {
    const env = { ...process.env, NODE_OPTIONS: '' }
    const child = fork(file, [JSON.stringify(options)], { execArgv: [], env, stdio: ['ignore', 2, 2, 'ipc'] })
    const exited = once(child, 'exit')
    const kill = (signal: NodeJS.Signals) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    }
    closer.add(child, async () => {
      kill('SIGKILL')
      await exited
    })
    await Promise.race([once(child, 'message'), exited])
    return [child, { name: options.name, pid: child.pid as number, exited, kill }]
  }

  function nameAndFile(kind: string) {
    const name = `${kind}-${++counter}`
    return { name, file: join(dir, name) }
  }

  function books(): Books {
    const read: Writable = {
      ...{ attempted: new Set(), acked: new Map(), refused: [] },
      ...{ begun: [], handled: [], handledIds: new Set() },
    }
    for (const name of existsSync(dir) ? readdirSync(dir) : []) {
      for (const line of readFileSync(join(dir, name), 'utf8').split('\n')) {
        if (line.endsWith('}')) note(read, name, JSON.parse(line) as Entry)
      }
    }
    return read
  }

  async function deadLetters(redis: RedisClient): Promise<number> {
    return redis.xlen(deadLetterKey(TYPE, isCluster(redis)))
  }

  function missing({ acked, handledIds }: Books, excused: (ack: Ack) => boolean): string[] {
    return [...acked.values()].filter((ack) => !handledIds.has(ack.id) && !excused(ack)).map(({ id }) => id)
  }

  return {
    chance,
    why,
    books,
    own: (opened, close) => closer.add(opened, close),
    async producer(given) {
      const options: ProducerOptions = {
        ...{ type: TYPE, inFlight: 4, pause: 6, timeout: 20_000 },
        ...nameAndFile('producer'),
        ...given,
      }
      const [process_, child] = await start(PRODUCER, options)
      return {
        ...child,
        async stop() {
          if (process_.connected) process_.send('stop')
          await child.exited
        },
      }
    },
    async consumer(given) {
      const options: ConsumerOptions = {
        ...{ type: TYPE, group: GROUP, lease: LEASE, concurrency: 10, maxDeliveries: 100 },
        ...{ work: 2, schema: false },
        ...nameAndFile('consumer'),
        ...given,
      }
      const [process_, child] = await start(CONSUMER, options)
      return {
        ...child,
        async stop() {
          child.kill('SIGTERM')
          await child.exited
        },
        async metric(name, labels = {}) {
          process_.send('metrics')
          const [message] = (await once(process_, 'message')) as [Message]
          return 'metrics' in message ? sumOf(message.metrics, name, labels) : Number.NaN
        },
      }
    },
    async moreAcks(count) {
      const goal = books().acked.size + count
      await eventually(
        () => books().acked.size >= goal,
        30_000,
        () => `${why}: ${books().acked.size} of ${goal} acknowledged`,
      )
    },
    async drain(redis, excused = NEVER, timeout = 40_000) {
      let state = ''
      await eventually(
        async () => {
          const open = missing(books(), excused)
          const group = await groupOf(redis)
          state = `${open.length} not handled (${open.slice(0, 5)}), group ${JSON.stringify(group)}`
          return open.length === 0 && group?.pending === 0 && group['last-delivered-id'] === group.last
        },
        timeout,
        () => `${why}: ${state}`,
      )
    },
    async judge(redis, excused = NEVER) {
      const { acked, attempted, handled, handledIds, refused } = books()
      const verdict: Verdict = {
        acked: acked.size,
        handled: handledIds.size,
        lost: missing(books(), excused),
        unexpected: [...handledIds].filter((id) => !attempted.has(id)),
        duplicates: handled.length - handledIds.size,
        refused: refused.length,
        deadLetters: await deadLetters(redis),
      }
      const { lost, unexpected, ...counts } = verdict
      const figures = { ...counts, lost: lost.length, unexpected: unexpected.length }
      const text = Object.entries(figures).map(([name, count]) => `${name} ${count}`)
      process.stderr.write(`${why}: ${text.join(', ')}\n`)
      return verdict
    },
  }
}

interface Writable extends Books {
  attempted: Set<string>
  acked: Map<string, Ack>
  refused: (Entry & { what: 'refused' })[]
  begun: Handling[]
  handled: Handling[]
  handledIds: Set<string>
}

function note(books: Writable, consumer: string, entry: Entry): void {
  const { id } = entry
  if (entry.what === 'try') books.attempted.add(id)
  else if (entry.what === 'ack')
    books.acked.set(id, { id, at: Number.parseInt(entry.entry, 10), repeat: entry.repeat })
  else if (entry.what === 'refused') books.refused.push(entry)
  else {
    const handling = { id, consumer, delivery: entry.delivery, at: entry.at }
    if (entry.what === 'begin') return void books.begun.push(handling)
    books.handled.push(handling)
    books.handledIds.add(id)
  }
}

/** What Redis says of the group, and `last`, the newest id of its stream; undefined when there is none. */
export async function groupOf(redis: RedisClient): Promise<Record<string, unknown> | undefined> {
  try {
    const groups = ((await redis.xinfo('GROUPS', STREAM)) as unknown[][]).map(toRecord)
    const stream = toRecord((await redis.xinfo('STREAM', STREAM)) as unknown[])
    const group = groups.find(({ name }) => name === GROUP)
    return group && { ...group, last: stream['last-generated-id'], length: stream.length }
  } catch {
    return undefined
  }
}

function toRecord(list: readonly unknown[]): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  for (let i = 0; i + 1 < list.length; i += 2) record[String(list[i])] = list[i + 1]
  return record
}

function sumOf(text: string, name: string, labels: Record<string, string>): number {
  let sum = 0
  for (const line of text.split('\n')) {
    const fits = Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`))
    if (fits && (line.startsWith(`${name}{`) || line.startsWith(`${name} `)))
      sum += Number(line.split(' ').at(-1))
  }
  return sum
}
