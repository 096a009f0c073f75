import { join } from 'node:path'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { startEmbeddedPostgres } from '../../../src/runtime/platform/sql/index.ts'
import { temporaryFolder } from './folder.ts'
import { quietLog } from './log.ts'

/** A PostgreSQL server of the benchmark's own, on loopback, that writes to disk as in production. */
export async function startPrivatePostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const dir = join(temporaryFolder(), 'postgres')
  const server = await startEmbeddedPostgres({
    dir,
    port: await freePort(),
    ephemeral: false,
    log: quietLog(),
  })
  return {
    url: server.url,
    async stop() {
      server.process.release()
      await server.process.exited
    },
  }
}
