import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createCloser, folders } from '../../src/runtime/kernel/index.ts'
import { freePort, isPortFree } from '../../src/runtime/platform/process/index.ts'
import {
  connectRedis,
  disconnectRedis,
  type EmbeddedRedis,
  findRedisServer,
  type Purpose,
  type RedisClient,
  startEmbeddedRedis,
} from '../../src/runtime/platform/redis/index.ts'
import { eventually } from './program.ts'

export const silent = pino({ level: 'silent' })

/** A real Redis server of one test file, on a free port, with its data in a folder of its own. */
export interface TestRedis {
  url: string
  connect(purpose?: Purpose): RedisClient
  /** Ends the server as a crash would. */
  kill(): Promise<void>
  /** Starts it again on the same port with the data that is on disk. */
  start(): Promise<void>
  pid(): number
  close(): Promise<void>
}

/** @param ephemeral keeps nothing; otherwise its append-only file outlives a kill */
export async function startTestRedis(ephemeral = true): Promise<TestRedis> {
  const program = await findRedisServer({ cache: folders().cache, say: () => {} })
  const root = await mkdtemp(join(tmpdir(), 'agentctl-test-'))
  const options = { program, dir: join(root, 'redis'), port: await freePort(), ephemeral, log: silent }

  /** What it acknowledges is on disk: otherwise a slow disk may keep it from there for seconds, and a kill loses it. */
  async function startLasting(): Promise<EmbeddedRedis> {
    const started = await startEmbeddedRedis(options)
    if (ephemeral) return started
    const client = connectRedis({ url: started.url, purpose: 'request', name: 'test', log: silent })
    await client.config('SET', 'appendfsync', 'always').finally(() => disconnectRedis(client))
    return started
  }

  const closer = createCloser()
  closer.add(root, (folder) => rm(folder, { recursive: true, force: true }))
  let server: EmbeddedRedis = await startLasting()
  closer.add(server, async () => {
    server.process.kill()
    await server.process.exited
  })
  return {
    url: server.url,
    pid: () => server.pid,
    connect(purpose = 'worker') {
      return closer.add(
        connectRedis({ url: server.url, purpose, name: 'test', log: silent }),
        disconnectRedis,
      )
    },
    async kill() {
      server.process.kill()
      await server.process.exited
      // Its guard is gone; the server itself may hold the port for a moment still.
      await eventually(() => isPortFree(options.port))
    },
    async start() {
      server = await startLasting()
    },
    close: () => closer.close(),
  }
}
