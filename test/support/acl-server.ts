import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { createCloser, folders } from '../../src/runtime/kernel/index.ts'
import { freePort, spawnGuarded } from '../../src/runtime/platform/process/index.ts'
import { findRedisServer } from '../../src/runtime/platform/redis/index.ts'

const EXAMPLE = fileURLToPath(new URL('../../docs/redis-acl.conf', import.meta.url))

/** A Redis server with the users of the documentation. */
export interface AclServer {
  /** The URL for one of the users, such as `gateway`. */
  url(user: string): string
  /** Connected as the operator. */
  redis: Redis
  /** What was refused to whom: `agentctl-llm: get on key stream:x`. */
  refusals(): Promise<string[]>
  close(): Promise<void>
}

export async function startAclServer(): Promise<AclServer> {
  const program = await findRedisServer({ cache: folders().cache, say: () => {} })
  const closer = createCloser()
  const root = closer.add(mkdtempSync(join(tmpdir(), 'agentctl-acl-')), (dir) =>
    rmSync(dir, { recursive: true, force: true }),
  )
  const port = await freePort()
  const file = join(root, 'redis.conf')
  const own = ['bind 127.0.0.1', `port ${port}`, `dir ${root}`, 'save ""', 'appendonly yes']
  writeFileSync(file, `${own.join('\n')}\n${readFileSync(EXAMPLE, 'utf8')}`)
  const server = spawnGuarded(program.server, [file], program.env)
  closer.add(server, async () => {
    server.kill()
    await server.exited
  })
  const url = (user: string) => `redis://agentctl-${user}:change-me-${user}@127.0.0.1:${port}`
  const redis = closer.add(new Redis(url('operator'), { maxRetriesPerRequest: null }), (client) =>
    client.disconnect(),
  )
  redis.on('error', () => {})
  await redis.ping()
  return {
    url,
    redis,
    async refusals() {
      const entries = (await redis.call('ACL', 'LOG', '128')) as (string | number)[][]
      return entries.map((flat) => {
        const entry = Object.fromEntries(flat.flatMap((key, i) => (i % 2 ? [] : [[key, flat[i + 1]]])))
        return `${entry.username}: ${entry.reason} ${entry.object} in ${entry.context}`
      })
    },
    close: () => closer.close(),
  }
}
