import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { type Serve, startServe } from '../../../src/runtime/supervisor/index.ts'
import { startTestRedis } from '../../support/redis.ts'

const bin = fileURLToPath(new URL('listening.child.ts', import.meta.url))
const closer = createCloser()
let serve: Serve

beforeAll(async () => {
  const redis = closer.add(await startTestRedis(), (opened) => opened.close())
  const stateDir = closer.add(await mkdtemp(join(tmpdir(), 'agentctl-serve-')), (folder) =>
    rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  )
  serve = await startServe({
    ...{ bin, stateDir, ephemeral: false, redisUrl: redis.url, host: '127.0.0.1', port: 0 },
    plan: new Map([['gateway', 2]]),
    parts: [{ name: 'gateway', role: 'gateway', args: [] }],
    ...{ partArgs: {}, logLevel: 'info', drainTimeout: 20_000, signal: new AbortController().signal },
    ...{ say: () => {}, onLog: () => {}, onDown: () => {}, onSupervisor: () => {} },
  })
  closer.add(serve, (opened) => opened.stop())
})
afterAll(() => closer.close())

const replicas = () => serve.status().replicas
const replica = (name: string) => replicas().find((one) => one.name === name)

/** Asks again and again over connections that are kept, and takes note of every answer. */
function startClient(url: string, path: string) {
  const agent = new Agent({ keepAlive: true })
  const answers: string[] = []
  let stopping = false
  async function run(): Promise<void> {
    while (!stopping) {
      answers.push(await ask())
      await pause(2)
    }
    agent.destroy()
  }
  async function ask(): Promise<string> {
    try {
      const [response] = (await once(get(new URL(path, url), { agent }), 'response')) as [IncomingMessage]
      let body = ''
      for await (const chunk of response) body += chunk
      return response.statusCode === 200 ? body : `status ${response.statusCode}`
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error)
    }
  }
  const ended = run()
  return {
    answers,
    async stop() {
      stopping = true
      await ended
    },
  }
}

it('restarts what listens without refusing anybody: the successor has the socket before the other one leaves', async () => {
  const before = replicas().map(({ name, pid, facts }) => ({ name, pid: String(pid), url: facts.url }))
  const clients = before.flatMap(({ url = '' }) =>
    ['/now', '/now', '/later'].map((path) => ({ url, ...startClient(url, path) })),
  )
  for (const { answers } of clients)
    await expect.poll(() => answers.length, { timeout: 30_000 }).toBeGreaterThan(0)
  const report = await serve.client.restart('gateway')
  expect(report).toEqual({ restarted: ['gateway-1', 'gateway-2'], in_place: [], left_alone: [] })
  for (const { answers, url } of clients) {
    const now = String(replicas().find(({ facts }) => facts.url === url)?.pid)
    await expect.poll(() => answers.at(-1), { timeout: 30_000 }).toBe(now)
  }
  await Promise.all(clients.map((client) => client.stop()))
  for (const { name, pid, url } of before) {
    expect(replica(name)).toMatchObject({ state: 'ready', restarts: 1, facts: { url } })
    const now = String(replica(name)?.pid)
    const answered = clients.filter((client) => client.url === url).map(({ answers }) => new Set(answers))
    // By the one or the other, and by nothing else.
    for (const seen of answered) expect(seen).toEqual(new Set([pid, now]))
  }
})

it('refuses whoever comes while nothing runs there: a crash is noticed at once, elsewhere', async () => {
  const { pid, facts } = replica('gateway-2') ?? {}
  await serve.client.scale('gateway', 1)
  await expect(fetch(`${facts?.url}/now`)).rejects.toThrow()
  expect(pid).toBeGreaterThan(0)
  await serve.client.scale('gateway', 2)
  expect(await (await fetch(`${replica('gateway-2')?.facts.url}/now`)).json()).toBe(replica('gateway-2')?.pid)
})
