import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDashboard } from '../../../src/runtime/dashboard/open.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { connectToServe, type ServeStatus } from '../../../src/runtime/supervisor/index.ts'
import { writeRunFile } from '../../../src/runtime/supervisor/run-file.ts'
import { silent, startTestRedis } from '../../support/redis.ts'

let closer = createCloser()
let redisUrl: string
let stateDir: string
/** Of the questions that came, in order. */
let asked: string[]
let server: Server

/** A serve that says how it is, and is stopped by then: all other questions stay open. */
beforeEach(async () => {
  closer = createCloser()
  asked = []
  redisUrl = closer.add(await startTestRedis(), (opened) => opened.close()).url
  stateDir = closer.add(mkdtempSync(join(tmpdir(), 'agentctl-silent-')), (folder) =>
    rmSync(folder, { recursive: true, force: true }),
  )
  const status: ServeStatus = {
    ...{ pid: process.pid, version: '1.0.0', started_at: new Date().toISOString(), state_dir: stateDir },
    ...{ data: 'kept', urls: { redis: redisUrl }, redis_prompt: null, replicas: [] },
  }
  server = createServer(({ url = '' }, response) => {
    asked.push(url)
    if (url === '/status') response.end(JSON.stringify(status))
  })
  closer.add(server, (opened) => {
    opened.closeAllConnections()
    opened.close()
  })
  const socket = join(stateDir, 'control.sock')
  await new Promise<void>((listening) => server.listen(socket, listening))
  await writeRunFile(stateDir, { pid: process.pid, socket, redisUrl })
})
afterEach(() => closer.close())

const connections = () =>
  new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))

const patient = { timeout: 30_000 }

it('a dashboard is left although a serve does not answer, and leaves no question open', async () => {
  const source = await openDashboard({
    ...{ redisUrl, context: null, stateDir, probes: [], readOnly: false, interval: 250, log: silent },
  })
  await expect.poll(() => asked, patient).toContain('/metrics')
  const restarting = source.run({ kind: 'restart', target: 'worker' }).catch((error: unknown) => error)
  await expect.poll(() => asked, patient).toContain('/restart')
  await source.close()
  expect(await restarting).toBeInstanceOf(Error)
  await expect.poll(connections, patient).toBe(0)
})

it('nobody waits for ever for what its replicas measure', patient, async () => {
  await expect(connectToServe(stateDir).metrics()).rejects.toThrow()
  await expect.poll(connections, patient).toBe(0)
})
