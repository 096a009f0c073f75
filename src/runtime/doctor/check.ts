import type { z } from 'zod'
import type { StreamDescription } from '../inspect/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import type { ServeStatus } from '../supervisor/index.ts'
import type { RedisNode } from './nodes.ts'

/** `error`: something does not work, or data will be lost; `warn`: it may; `info`: worth knowing. */
export type Level = 'ok' | 'info' | 'warn' | 'error'

/** What findings are grouped by, in the order in which they are shown. */
export const AREAS = [
  'machine',
  'settings',
  'serve',
  'ports',
  'redis',
  'data',
  'streams',
  'queues',
  'postgres',
  'sandbox',
] as const

export type Area = (typeof AREAS)[number]

/** What a check says about one thing. */
export interface Remark {
  level: Level
  /** A sentence without its full stop. */
  what: string
  /** Why it matters; empty where all is well. */
  why: string
  /** What to type or to do; empty where nothing is to be done. */
  fix: string
}

export interface Finding extends Remark {
  area: Area
  /** Name of the check. */
  check: string
}

export interface Check {
  readonly name: string
  readonly area: Area
  /** What it looks at, such as "version of Redis". */
  readonly title: string
  /** It is left out, without a word, where Redis cannot be reached: the check `redis-reachable` has said so. */
  readonly needsRedis?: boolean
  run(context: DoctorContext): readonly Remark[] | Promise<readonly Remark[]>
}

/** Why something cannot be reached. */
export interface Trouble {
  what: string
  fix: string
}

/** What checks look at. They change nothing. */
export interface DoctorContext {
  /** Of this program. */
  readonly version: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder of the project. */
  readonly cwd: string
  /** Absolute. */
  readonly stateDir: string
  /** Name of the context in use; null without one. What runs here is then not what is looked at. */
  readonly contextName: string | null
  /** Why the context cannot be used; undefined when it can. */
  readonly contextTrouble: Trouble | undefined
  readonly redisUrl: string
  /** Undefined while Redis cannot be reached. */
  readonly redis: RedisClient | undefined
  readonly redisTrouble: Trouble | undefined
  readonly databaseUrl: string | undefined
  readonly dockerHost: string
  readonly images: { readonly python: string; readonly node: string }
  /** Every schema of settings there is, of roles and commands. */
  readonly schemas: readonly z.ZodObject[]
  readonly terminal: TerminalFacts
  /** Milliseconds since 1970. */
  now(): number
  /** The serve that runs here; undefined without one. @throws AgentctlError when it runs and does not answer */
  serve(): Promise<ServeStatus | undefined>
  /** What each server says of itself: one, or the primaries of a cluster. */
  nodes(): Promise<readonly RedisNode[]>
  /** Of the event bus. */
  streams(): Promise<readonly StreamDescription[]>
}

export interface TerminalFacts {
  tty: boolean
  columns: number | undefined
  /** Bits of colour: 1, 4, 8 or 24. */
  depth: number
}

export const ok = (what: string): Remark => ({ level: 'ok', what, why: '', fix: '' })
export const info = (what: string, why = '', fix = ''): Remark => ({ level: 'info', what, why, fix })
export const warn = (what: string, why: string, fix: string): Remark => ({ level: 'warn', what, why, fix })
export const fail = (what: string, why: string, fix: string): Remark => ({ level: 'error', what, why, fix })
