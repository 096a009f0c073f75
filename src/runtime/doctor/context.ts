import { z } from 'zod'
import { EVENT_STREAMS, isResponseStream } from '../bus/index.ts'
import { dockerSettings, imageSettings } from '../docker-proxy/index.ts'
import { describeStreams, scanKeys } from '../inspect/index.ts'
import {
  AgentctlError,
  contextSettings,
  databaseSettings,
  folders,
  loadConfig,
  messageOf,
  redisSettings,
  resolveConfig,
  stateSettings,
  type Values,
} from '../kernel/index.ts'
import { disconnectRedis, redisUrlOf } from '../platform/redis/index.ts'
import { settingsOf } from '../settings.ts'
import { connectToServe, runningServe, type ServeStatus } from '../supervisor/index.ts'
import type { DoctorContext, TerminalFacts, Trouble } from './check.ts'
import { readNodes } from './nodes.ts'
import { reachRedis } from './reach-redis.ts'
import { within } from './run.ts'

/** What the doctor needs to know to find a system. */
export const doctorSettings = z.object({
  ...redisSettings,
  ...databaseSettings,
  ...stateSettings,
  ...contextSettings,
  ...dockerSettings,
  ...imageSettings,
})

type Settings = z.output<typeof doctorSettings>

export interface DoctorOptions {
  version: string
  /** Flags as settings. */
  values: Values
  schemas: readonly z.ZodObject[]
  terminal: TerminalFacts
  env?: DoctorContext['env']
  cwd?: string
  now?: () => number
}

/** Milliseconds for Redis to answer for the first time. */
const CONNECT_TIMEOUT = 3_000
/** Milliseconds for the serve that runs here: whoever needs it for something else goes on without it. */
const SERVE_TIMEOUT = 5_000
/** Streams that are described at most. */
const STREAMS = 500

/** What the checks look at, and how to let go of it. Never throws: what is wrong is theirs to say. */
export async function openContext(
  options: DoctorOptions,
): Promise<{ context: DoctorContext; close(): Promise<void> }> {
  const { settings, trouble } = readSettings(options.values)
  const stateDir = folders(settings.stateDir).state
  const redisUrl = redisUrlOf(settings)
  const { redis, trouble: redisTrouble } = trouble
    ? { redis: undefined, trouble }
    : await reachRedis(redisUrl, CONNECT_TIMEOUT)
  const context: DoctorContext = {
    version: options.version,
    env: options.env ?? process.env,
    cwd: options.cwd ?? process.cwd(),
    stateDir,
    contextName: settings.context ?? null,
    contextTrouble: trouble,
    redisUrl,
    redis,
    redisTrouble,
    databaseUrl: await withPassword(settings),
    dockerHost: settings.dockerHost,
    images: { python: settings.pythonImage, node: settings.nodeImage },
    schemas: options.schemas,
    terminal: options.terminal,
    now: options.now ?? Date.now,
    serve: once(async () => askServe(stateDir)),
    nodes: once(async () => (redis ? readNodes(redis) : [])),
    streams: once(async () => {
      if (!redis) return []
      const keys = (await scanKeys(redis, EVENT_STREAMS, 'stream')).filter((key) => !isResponseStream(key))
      return describeStreams(redis, keys.slice(0, STREAMS))
    }),
  }
  return {
    context,
    async close() {
      if (redis) await disconnectRedis(redis)
    },
  }
}

async function askServe(stateDir: string): Promise<ServeStatus | undefined> {
  if (!runningServe(stateDir)) return undefined
  return within(SERVE_TIMEOUT, () => connectToServe(stateDir, AbortSignal.timeout(SERVE_TIMEOUT)).status())
}

/** The settings; where some are wrong, as many as can be read without them. */
function readSettings(values: Values): { settings: Settings; trouble?: Trouble } {
  const attempts = [
    () => settingsOf(doctorSettings, values, stateDirOf(values), { lenient: true }),
    () => settingsOf(doctorSettings, { ...values, context: 'local' }, stateDirOf(values)),
    () => resolveConfig(doctorSettings, { flags: values, env: process.env }),
    () => resolveConfig(doctorSettings, { flags: values }),
  ]
  let trouble: Trouble | undefined
  for (const attempt of attempts) {
    try {
      const settings = attempt().values
      return trouble === undefined ? { settings } : { settings, trouble }
    } catch (error) {
      if (error instanceof AgentctlError && error.code.startsWith('CONTEXT_'))
        trouble = { what: `${error.title}: ${messageOf(error)}`, fix: error.fix }
    }
  }
  // Flags alone are wrong: that is for whoever has typed them.
  return { settings: resolveConfig(doctorSettings, { flags: values }).values }
}

function stateDirOf(values: Values): string | undefined {
  return loadConfig(z.object(stateSettings), values).values.stateDir
}

async function withPassword(settings: Settings): Promise<string | undefined> {
  if (settings.databaseUrl === undefined) return undefined
  try {
    return (await import('../platform/sql/index.ts')).databaseUrlOf(settings)
  } catch {
    return settings.databaseUrl // its check says what is wrong with it
  }
}

/** The same promise for everybody who asks. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined
  return () => {
    result ??= work()
    return result
  }
}
