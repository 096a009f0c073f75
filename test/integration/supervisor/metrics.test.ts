import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import {
  connectToServe,
  type LogLine,
  type ReplicaMetrics,
  type Serve,
  type ServeClient,
  startServe,
} from '../../../src/runtime/supervisor/index.ts'
import { startTestRedis } from '../../support/redis.ts'

const bin = fileURLToPath(new URL('measuring.child.ts', import.meta.url))
const closer = createCloser()
let serve: Serve
let client: ServeClient

beforeAll(async () => {
  const redis = closer.add(await startTestRedis(), (opened) => opened.close())
  const stateDir = closer.add(await mkdtemp(join(tmpdir(), 'agentctl-serve-')), (folder) =>
    rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  )
  const roles = ['measuring', 'silent', 'failing']
  serve = await startServe({
    bin,
    plan: new Map([
      ['measuring', 2],
      ['silent', 1],
      ['failing', 1],
    ]),
    stateDir,
    ephemeral: false,
    redisUrl: redis.url,
    host: '127.0.0.1',
    port: 0,
    parts: roles.map((name) => ({ name, role: name, args: [] })),
    partArgs: {},
    logLevel: 'info',
    drainTimeout: 5_000,
    say: () => {},
    signal: new AbortController().signal,
    onLog: () => {},
    onDown: () => {},
    onSupervisor: () => {},
  })
  closer.add(serve, (opened) => opened.stop())
  client = connectToServe(stateDir)
})
afterAll(() => closer.close())

function asked({ text }: ReplicaMetrics): number | null {
  return text === null ? null : Number(/^agentctl_asked_total (\d+)$/m.exec(text)?.[1])
}

const told = (answers: readonly ReplicaMetrics[]) =>
  answers.map((one) => [one.replica, one.role, asked(one) !== null])

const EXPECTED = [
  ['measuring-1', 'measuring', true],
  ['measuring-2', 'measuring', true],
  ['silent-1', 'silent', false],
  ['failing-1', 'failing', false],
]

/** On a machine that is busy, a process may once not answer in time. */
async function expectAnswers(expected: typeof EXPECTED, through: ServeClient = client): Promise<void> {
  await expect.poll(async () => told(await through.metrics()), { timeout: 20_000 }).toEqual(expected)
}

/** Asks one of them until it answers. */
async function count(replica: string): Promise<{ value: number; questions: number }> {
  for (let questions = 1; ; questions++) {
    const found = (await client.metrics()).find((one) => one.replica === replica)
    const value = found ? asked(found) : null
    if (value !== null) return { value, questions }
  }
}

describe('metrics of replicas', () => {
  it('are told over the control socket, and to the process that runs the serve', async () => {
    for (const through of [client, serve.client]) await expectAnswers(EXPECTED, through)
  })

  it('are not held up by a replica that is paused, which is asked once and answers later', async () => {
    const before = await count('measuring-1')
    const { pid } = (await client.status()).replicas[0] ?? {}
    process.kill(pid as number, 'SIGSTOP')
    try {
      for (let i = 0; i < 3; i++) {
        await expectAnswers([['measuring-1', 'measuring', false], ...EXPECTED.slice(1)])
      }
    } finally {
      process.kill(pid as number, 'SIGCONT')
    }
    const between = await count('measuring-1')
    const after = await count('measuring-1')
    // All questions while it was paused have been one.
    expect(after.value - before.value).toBeLessThanOrEqual(1 + between.questions + after.questions)
  })

  it('come from the new process after a restart', async () => {
    const { value: before } = await count('measuring-2')
    expect(before).toBeGreaterThan(3)
    expect(await serve.client.restart('measuring/2')).toEqual({
      restarted: ['measuring-2'],
      in_place: [],
      left_alone: [],
    })
    const isAnew = async () => (await count('measuring-2')).value < before
    await expect.poll(isAnew, { timeout: 20_000, interval: 200 }).toBe(true)
  })
})

describe('the client inside', () => {
  it('scales, as the control socket does', async () => {
    const { replicas } = await serve.client.scale('silent', 2)
    expect(replicas.filter(({ role }) => role === 'silent')).toHaveLength(2)
    expect((await client.scale('silent', 1)).replicas.filter(({ role }) => role === 'silent')).toHaveLength(1)
    await expect(serve.client.scale('nothing', 1)).rejects.toMatchObject({ code: 'SERVE_TARGET_UNKNOWN' })
  })

  it('follows logs, and leaves nothing behind when it stops', async () => {
    const stopping = new AbortController()
    const lines: LogLine[] = []
    const logs = serve.client.logs({ lines: 1, follow: true, target: 'failing', signal: stopping.signal })
    for await (const line of logs) {
      lines.push(line)
      if (lines.length === 1) await serve.client.restart('failing')
      if (line.line.includes('is ready') && lines.length > 1) stopping.abort()
    }
    expect(new Set(lines.map(({ replica }) => replica))).toEqual(new Set(['failing-1']))
    const past = []
    for await (const line of serve.client.logs({ lines: 2, follow: false })) past.push(line)
    expect(past).toHaveLength(2)
    for await (const _ of serve.client.logs({ lines: 0, follow: false }))
      throw new Error('no line was asked for')
  })
})
