import { join } from 'node:path'
import { folders } from '../../../src/runtime/kernel/config.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import {
  connectRedis,
  disconnectRedis,
  findRedisServer,
  type RedisClient,
  startEmbeddedRedis,
} from '../../../src/runtime/platform/redis/index.ts'
import { temporaryFolder } from './folder.ts'
import { quietLog } from './log.ts'

/** A Redis server of the benchmark's own, on loopback, that keeps nothing. */
export interface PrivateRedis {
  url: string
  version: string
  /** For looking at the server; not part of what is measured. */
  admin: RedisClient
  /** Milliseconds of processor time the server has used so far. */
  cpuUsed(): Promise<number>
  /** Ids of all connections. */
  connections(): Promise<Set<string>>
  stop(): Promise<void>
}

/** Fetches the server program first if this machine has none. */
export async function startPrivateRedis(): Promise<PrivateRedis> {
  const program = await findRedisServer({
    cache: folders().cache,
    say: (text) => process.stderr.write(`${text}\n`),
  })
  const log = quietLog()
  const dir = join(temporaryFolder(), 'redis')
  const server = await startEmbeddedRedis({ program, dir, port: await freePort(), ephemeral: true, log })
  const admin = connectRedis({ url: server.url, purpose: 'worker', name: 'bench-admin', log })

  return {
    url: server.url,
    version: infoField(await admin.info('server'), 'redis_version'),
    admin,
    async cpuUsed() {
      const info = await admin.info('cpu')
      return 1_000 * (Number(infoField(info, 'used_cpu_user')) + Number(infoField(info, 'used_cpu_sys')))
    },
    async connections() {
      const list = String(await admin.call('CLIENT', 'LIST'))
      return new Set([...list.matchAll(/(?:^|\n)id=(\d+)/g)].map((match) => match[1] as string))
    },
    async stop() {
      await disconnectRedis(admin)
      server.process.release()
      await server.process.exited
    },
  }
}

function infoField(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
}
