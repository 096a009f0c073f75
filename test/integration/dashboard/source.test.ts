import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEventBus, deadLetterKey, streamKey } from '../../../src/runtime/bus/index.ts'
import { type DashboardSource, ENTRIES, type Snapshot } from '../../../src/runtime/dashboard/index.ts'
import { type DashboardOptions, openDashboard } from '../../../src/runtime/dashboard/open.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { probes } from '../../../src/runtime/probes.ts'
import { eventually } from '../../support/program.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

const TYPE = 'test.happened'

let server: TestRedis
let redis: RedisClient
let stateDir: string
let closer = createCloser()

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
  stateDir = mkdtempSync(join(tmpdir(), 'agentctl-dash-'))
})
afterAll(async () => {
  rmSync(stateDir, { recursive: true, force: true })
  await server.close()
})
beforeEach(async () => {
  closer = createCloser()
  await redis.flushall()
})
afterEach(() => closer.close())

async function open(options: Partial<DashboardOptions> = {}): Promise<DashboardSource> {
  const source = await openDashboard({
    ...{ redisUrl: server.url, context: null, stateDir, probes, readOnly: false, interval: 250, log: silent },
    ...options,
  })
  return closer.add(source, (opened) => opened.close())
}

/** The first snapshot for which something holds, from now on. */
async function until(source: DashboardSource, holds: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  for (;;) {
    const snapshot = await next(source)
    if (holds(snapshot)) return snapshot
  }
}

function next(source: DashboardSource): Promise<Snapshot> {
  return new Promise((resolve) => {
    const leave = source.subscribe(() => {
      leave()
      resolve(source.snapshot() as Snapshot)
    })
  })
}

/** Events that could not be handled, as the bus keeps them. */
async function bury(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const fields = {
      type: TYPE,
      data: '{}',
      'x-group': 'g',
      'x-stream': streamKey(TYPE),
      'x-reason': 'error',
    }
    ids.push((await redis.xadd(deadLetterKey(TYPE, false), '*', ...Object.entries(fields).flat())) as string)
  }
  return ids
}

describe('a dashboard source', () => {
  it('shows what is in Redis, with rates from the second look on', async () => {
    const bus = closer.add(createEventBus({ redisUrl: server.url }), (opened) => opened.close())
    await bus.publish(TYPE, { n: 1 })
    await redis.xgroup('CREATE', streamKey(TYPE), 'group', '0')
    await bury(2)
    const source = await open()
    const first = await until(
      source,
      ({ streams, dead_letters }) => streams.length > 0 && dead_letters.length > 0,
    )
    expect(first.redis?.version).toMatch(/^\d+\.\d+/)
    expect(first.context).toEqual({ name: null, redis: server.url, serve: null })
    expect(first.groups).toMatchObject([{ stream: streamKey(TYPE), group: 'group', lag: 1 }])
    expect(first.dead_letters).toMatchObject([{ type: TYPE, count: 2 }])
    await until(source, ({ streams }) => streams.every(({ in_rate }) => in_rate !== null))
    // Where looking takes long, it looks less often.
    await until(source, ({ interval_ms }) => interval_ms === 250)
    expect(source.snapshot()).toBe(source.snapshot())
  })

  it('says what it cannot know without a serve', async () => {
    const source = await open({ gatewayUrl: 'http://127.0.0.1:1' })
    const { unknown } = await until(source, ({ unknown }) =>
      unknown.some(({ what }) => what.includes(':1/metrics')),
    )
    expect(new Set(unknown.map(({ pane }) => pane))).toEqual(new Set(['replicas', 'latency', 'logs']))
    expect(source.logs.unknown()).toContain(`No serve runs in ${stateDir}`)
  })

  it('reads latencies of a gateway without a serve', async () => {
    let counted = 10
    const gateway = createServer((_request, response) => {
      const line = (le: string) =>
        `agentctl_http_request_seconds_bucket{le="${le}",method="POST",route="/query",status="200",role="gateway"} ${counted}\n`
      response.end(line('0.1') + line('+Inf'))
      counted += 5
    })
    await new Promise<void>((listening) => gateway.listen(0, '127.0.0.1', listening))
    closer.add(gateway, (opened) => new Promise((closed) => opened.close(closed)))
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
    const source = await open({ gatewayUrl: url, thorough: true })
    const { latencies } = await until(source, ({ latencies }) => (latencies[0]?.count ?? 0) >= 5)
    expect(latencies).toMatchObject([{ kind: 'http', name: 'POST /query', role: 'gateway', at_least: false }])
    expect(latencies[0]?.p50_ms).toBeCloseTo(50, 6)
  })

  it('looks into streams, groups and dead letters', async () => {
    const key = streamKey(TYPE)
    const id = (await redis.xadd(key, '*', 'type', TYPE, 'e\u001b[2J', '\u001b[31mred')) as string
    await redis.xgroup('CREATE', key, 'group', '0')
    await redis.xreadgroup('GROUP', 'group', 'someone', 'COUNT', 1, 'STREAMS', key, '>')
    const [letter] = await bury(1)
    const source = await open()
    const { entries } = await source.stream(key)
    expect(entries.map((entry) => ({ ...entry, fields: { ...entry.fields } }))).toEqual([
      { id, at: expect.stringMatching(/^\d{4}-/), fields: { type: TYPE, 'e\u001b[2J': '\u001b[31mred' } },
    ])
    expect(await source.group(key, 'group')).toMatchObject({
      consumers: [{ consumer: 'someone', pending: 1, alive: true }],
      pending: [{ id, consumer: 'someone', deliveries: 1, gone: false }],
    })
    for (let n = 0; n < ENTRIES; n++) await redis.xadd(key, '*', 'n', n)
    expect((await source.stream(key)).entries.map((entry) => entry.id)).not.toContain(id)
    expect(await source.entry(key, id)).toMatchObject({ id, fields: { type: TYPE } })
    expect(await source.entry(key, '1-1')).toBeNull()
    expect(await source.entry('gone', id)).toBeNull()
    expect(await source.letters(TYPE)).toMatchObject([{ id: letter, reason: 'error' }])
    await expect(source.stream('gone')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
    await expect(source.group(key, 'gone')).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND' })
    await expect(source.group('gone', 'group')).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND' })
    await redis.set('text', 'no stream')
    await expect(source.entry('text', id)).rejects.toMatchObject({ code: 'STREAM_WRONG_TYPE' })
    await expect(source.stream('text')).rejects.toMatchObject({ code: 'STREAM_WRONG_TYPE' })
  })

  it('retries and purges dead letters, and counts before', async () => {
    const [first] = await bury(3)
    const source = await open()
    const one = { kind: 'retry-letters', type: TYPE, ids: [first as string, '1-1'] } as const
    expect(await source.plan(one)).toMatchObject({
      what: expect.stringContaining('Retry 2 dead letters'),
      typed: null,
    })
    expect(await redis.xlen(deadLetterKey(TYPE, false))).toBe(3)
    expect(await source.run(one)).toBe(`Retried 1 dead letter of ${TYPE}. 1 were no longer there.`)
    expect(await redis.xlen(streamKey(TYPE))).toBe(1)
    const purge = { kind: 'purge-letters', type: TYPE } as const
    expect(await source.plan(purge)).toEqual({
      what: `Remove 2 dead letters of ${TYPE} for good`,
      warnings: [],
      typed: TYPE,
    })
    expect(await source.run(purge)).toBe(`Removed 2 dead letters of ${TYPE}.`)
    expect(await redis.xlen(deadLetterKey(TYPE, false))).toBe(0)
  })

  it('changes nothing when it only looks, whatever it is asked', async () => {
    await bury(1)
    const source = await open({ readOnly: true })
    await next(source)
    expect(source.offers({ kind: 'letters', type: TYPE })).toEqual([])
    await expect(source.run({ kind: 'purge-letters', type: TYPE })).rejects.toMatchObject({
      code: 'DASH_READ_ONLY',
    })
    expect(await redis.xlen(deadLetterKey(TYPE, false))).toBe(1)
  })

  it('has nobody to restart anything without a serve', async () => {
    const source = await open()
    const action = { kind: 'restart', target: 'all' } as const
    await expect(source.plan(action)).rejects.toMatchObject({ code: 'SERVE_NOT_RUNNING' })
    await expect(source.run(action)).rejects.toMatchObject({ code: 'SERVE_NOT_RUNNING' })
  })

  it('asks nothing while paused, and goes on after it', async () => {
    const source = await open()
    await next(source)
    source.setPaused(true)
    const counted = async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1])
    let before = await counted()
    // What was under way may still go on: until the questions of this test are the only ones.
    await eventually(async () => {
      const last = before
      before = await counted()
      return before - last === 1
    })
    await new Promise((later) => setTimeout(later, 1_000))
    expect((await counted()) - before).toBe(1)
    source.setPaused(false)
    await next(source)
    expect((await counted()) - before).toBeGreaterThan(2)
  })

  it('looks as often as it is told', async () => {
    const source = await open({ interval: 60_000 })
    await next(source)
    source.setInterval(250)
    await next(source)
    await until(source, ({ interval_ms }) => interval_ms === 250)
  })
})

describe('while Redis is away', () => {
  it('shows what it last saw, says since when, and recovers by itself', async () => {
    const own = await startTestRedis(false)
    closer.add(own, (opened) => opened.close())
    const client = own.connect()
    // What is acknowledged is on disk, however slow that is.
    await client.call('CONFIG', 'SET', 'appendfsync', 'always')
    await client.xadd('agent:stream:kept', '*', 'type', 'kept')
    const source = await open({ redisUrl: own.url })
    const before = await until(source, ({ streams }) => streams.length === 1)
    expect(before.trouble).toBeNull()
    await own.kill()
    const away = await until(source, ({ trouble }) => trouble !== null)
    expect(away.redis).toBeNull()
    expect(away.streams).toMatchObject([{ stream: 'agent:stream:kept', length: 1 }])
    expect(away.trouble?.what).toContain('Redis is away')
    const still = await until(source, ({ at }) => at > away.at)
    expect(still.trouble?.since).toBe(away.trouble?.since)
    await expect(source.letters(TYPE)).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await own.start()
    const back = await until(source, ({ trouble }) => trouble === null)
    expect(back.redis).not.toBeNull()
    expect(back.streams).toMatchObject([{ stream: 'agent:stream:kept', length: 1 }])
  })

  it('is worth a word, also when it is there and says nothing', async () => {
    const own = await startTestRedis()
    closer.add(own, (opened) => opened.close())
    const source = await open({ redisUrl: own.url })
    await next(source)
    process.kill(own.pid(), 'SIGSTOP')
    try {
      const { trouble } = await until(source, ({ trouble }) => trouble !== null)
      expect(trouble?.what).toMatch(/not answered|away|timed out/)
    } finally {
      process.kill(own.pid(), 'SIGCONT')
    }
    await until(source, ({ trouble }) => trouble === null)
  })

  it('opens all the same, and goes where Redis is by then', async () => {
    let redisUrl = 'redis://127.0.0.1:1'
    const source = await open({ redisUrl, findRedis: () => redisUrl })
    const away = await until(source, ({ trouble }) => trouble?.what.includes('ECONNREFUSED') === true)
    expect(away.context.redis).toBe('redis://127.0.0.1:1')
    redisUrl = server.url
    const found = await until(source, ({ trouble }) => trouble === null)
    expect(found.context.redis).toBe(server.url)
  })

  it('can be left at once', async () => {
    const source = await open({ redisUrl: 'redis://127.0.0.1:1' })
    await source.close()
  })
})
