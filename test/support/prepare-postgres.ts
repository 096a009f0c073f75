import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import { startEmbeddedPostgres } from '../../src/runtime/platform/sql/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a test asks for the URL of the PostgreSQL server of its project. */
    postgresDesk: string
  }
}

/** One PostgreSQL server for all tests of a project, started when the first of them asks for it. */
export default async function prepare(project: TestProject): Promise<() => Promise<void>> {
  const closer = createCloser()
  let url: Promise<string> | undefined
  const desk = createServer((_, response) => {
    url ??= start(closer)
    url.then(
      (found) => response.end(found),
      (error) => response.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>((listening) => desk.listen(0, '127.0.0.1', listening))
  desk.unref()
  project.provide('postgresDesk', `http://127.0.0.1:${(desk.address() as AddressInfo).port}`)
  return async () => {
    desk.close()
    desk.closeAllConnections()
    await url?.catch(() => {})
    await closer.close()
  }
}

async function start(closer: ReturnType<typeof createCloser>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'agentctl-postgres-'))
  closer.add(root, (folder) => rm(folder, { recursive: true, force: true }))
  const log = pino({ level: 'silent' })
  const server = await startEmbeddedPostgres({ dir: join(root, 'postgres'), port: 0, ephemeral: true, log })
  closer.add(server.process, (process) => {
    process.release()
    return process.exited
  })
  return server.url
}
