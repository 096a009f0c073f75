import { join } from 'node:path'
import type { Logger } from '../kernel/index.ts'
import { createLogger } from '../platform/log/index.ts'
import { freePort } from '../platform/process/index.ts'
import {
  connectRedis,
  disconnectRedis,
  durabilityWarnings,
  findRedisServer,
  type RedisProgram,
  waitForRedis,
} from '../platform/redis/index.ts'
import { launchRedis } from './launchers.ts'
import { lastServe } from './run-file.ts'
import type { RoleSpec } from './supervisor.ts'

interface RedisPlanOptions {
  redisUrl?: string | undefined
  ephemeral: boolean
  say(text: string): void
}

/** Milliseconds an external Redis may take to answer. */
const REDIS_TIMEOUT = 5_000
/** Milliseconds the embedded server may take to write what it has and end. */
const STOP_TIMEOUT = 8_000

/** The Redis of a serve: an external one, or an embedded server that is run like a role. */
export interface RedisPlan {
  url: string
  embedded: boolean
  prompt: string | null
  specs(log: Logger): RoleSpec[]
}

/**
 * Checks the external Redis, or finds a server program and a port for an embedded one.
 * @throws AgentctlError REDIS_URL_INVALID, REDIS_UNREACHABLE, REDIS_SERVER_MISSING
 */
export async function planRedis(options: RedisPlanOptions, state: string, cache: string): Promise<RedisPlan> {
  if (options.redisUrl !== undefined) {
    await checkRedis(options.redisUrl, options.say)
    return { url: options.redisUrl, embedded: false, prompt: null, specs: () => [] }
  }
  const program = await findRedisServer({ cache, say: options.say })
  const port = await freePort(lastPort(state))
  const dir = join(state, options.ephemeral ? 'redis-ephemeral' : 'redis')
  return {
    url: `redis://127.0.0.1:${port}`,
    embedded: true,
    prompt: promptFor(program, port),
    specs: (log) => [
      {
        role: 'redis',
        launch: () => launchRedis({ program, dir, port, ephemeral: options.ephemeral, log }),
        stopTimeout: STOP_TIMEOUT,
        beats: false,
        base: true,
      },
    ],
  }
}

/** @throws AgentctlError REDIS_URL_INVALID, REDIS_UNREACHABLE */
async function checkRedis(url: string, say: (text: string) => void): Promise<void> {
  const silent = createLogger({ level: 'silent', bindings: {} })
  const redis = connectRedis({ url, purpose: 'worker', name: 'serve', log: silent })
  try {
    await waitForRedis(redis, url, REDIS_TIMEOUT)
    for (const warning of await durabilityWarnings(redis)) say(`Warning: ${warning}`)
  } finally {
    await disconnectRedis(redis)
  }
}

/** After a crash the port of last time, so that open prompts and other roles find it again. */
function lastPort(state: string): number | undefined {
  const url = lastServe(state)?.redisUrl
  return url === undefined ? undefined : Number(new URL(url).port) || undefined
}

function promptFor({ client }: RedisProgram, port: number): string | null {
  return client === undefined ? null : `${client} -p ${port}`
}
