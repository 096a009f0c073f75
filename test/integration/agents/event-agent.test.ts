import { afterEach, describe, expect, it } from 'vitest'
import { createEventAgent, type EventAgentOptions } from '../../../src/runtime/agents/event-agent.ts'
import { fixedReplicas } from '../../../src/runtime/balancer/index.ts'
import { createCampaignsClient } from '../../../src/runtime/campaigns/client/client.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { monotonicClock } from '../../../src/runtime/resilience/index.ts'
import {
  type CampaignsStub,
  newStore,
  type StubStore,
  startCampaignsStub,
} from '../../support/campaigns-stub.ts'
import { silent } from '../../support/redis.ts'

let closer = createCloser()
afterEach(async () => {
  await closer.close()
  closer = createCloser()
})

async function stub(store: StubStore): Promise<CampaignsStub> {
  return closer.add(await startCampaignsStub(store), (opened) => opened.close())
}

function agent(replicas: readonly CampaignsStub[], options: Partial<EventAgentOptions> = {}) {
  const urls = replicas.map(({ url }) => url)
  const campaigns = createCampaignsClient({
    replicas: fixedReplicas(urls, { clock: monotonicClock, random: Math.random }),
    ...{ username: 'admin', password: 'x', log: silent },
  })
  closer.add(campaigns, (each) => each.close())
  return createEventAgent({ campaigns, clock: monotonicClock, log: silent, ...options })
}

const events = (count: number) => Array.from({ length: count }, (_, amount) => ({ amount }))

/** From 0 to below 1, the same each time (mulberry32, by T. Ettinger). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe('the event agent and services that fail', () => {
  it('registers each of thousands of events once, while a replica fails half of the time', async () => {
    const store = newStore()
    const [bad, good] = [await stub(store), await stub(store)]
    const random = seeded(7)
    const ways = ['cuts', 'lost', { status: 500, code: 'INTERNAL', after: true }] as const
    bad.treat(() => (random() < 0.5 ? (ways[Math.floor(random() * 3)] ?? 'cuts') : 'answers'))
    const report = await agent([bad, good], { batch: 20 }).run(events(6_000), { runId: 'half' })
    expect(report).toMatchObject({ complete: true, total: 6_000, failed: 0 })
    // What was registered and never answered is known the second time.
    expect(report.registered + report.known).toBe(6_000)
    expect(store.events.size).toBe(6_000)
    expect(report.retries).toBeGreaterThan(0)
  })

  it('has told all when the service goes away in the middle, and resumes when it is run again', async () => {
    const store = newStore()
    const service = await stub(store)
    const { promise: downAt, resolve: isDown } = Promise.withResolvers<void>()
    service.treat((_request, number) => {
      if (number === 5) void service.down().then(isDown)
      return number >= 5 ? 'cuts' : 'answers'
    })
    const impatient = { batch: 100, concurrency: 2, patience: 300 }
    const first = await agent([service], impatient).run(events(5_000), { runId: 'resumed' })
    await downAt
    expect(first).toMatchObject({ complete: false, total: 5_000, registered: 400, failed: 4_600 })
    expect(first.failures.at(-1)).toMatchObject({ code: 'AGENT_RUN_STOPPED', retryable: true })
    expect(first.failures.every(({ retryable }) => retryable)).toBe(true)

    await service.up()
    service.treat(() => 'answers')
    const second = await agent([service], impatient).run(events(5_000), { runId: 'resumed' })
    expect(second).toMatchObject({ complete: true, total: 5_000, registered: 4_600, known: 400, failed: 0 })
    expect(store.events.size).toBe(5_000)
  })

  it('goes on by itself when the service is back in time', async () => {
    const store = newStore()
    const service = await stub(store)
    const { promise: downAt, resolve: isDown } = Promise.withResolvers<void>()
    service.treat((_request, number) => {
      if (number !== 5) return 'answers'
      void service.down().then(isDown)
      return 'cuts'
    })
    const run = agent([service], { batch: 100, patience: 60_000 }).run(events(5_000), { runId: 'r' })
    await downAt
    await service.up()
    expect(await run).toMatchObject({ complete: true, registered: 5_000, failed: 0 })
  })

  it('ends at once when it is cancelled, and leaves nothing under way', async () => {
    const store = newStore()
    const service = await stub(store)
    const controller = new AbortController()
    const reason = new Error('enough')
    let read = 0
    function* counted() {
      for (; read < 1_000_000; read++) yield { amount: read }
    }
    service.treat((_request, number) => {
      if (number < 10) return 'answers'
      controller.abort(reason)
      return 'hangs'
    })
    const run = agent([service], { batch: 50 }).run(counted(), { runId: 'r', signal: controller.signal })
    await expect(run).rejects.toBe(reason)
    expect(read).toBeLessThan(2_000)
    expect(store.events.size).toBe(450)
  })

  it('splits what the service finds too large', async () => {
    const store = newStore()
    const service = await stub(store)
    service.treat(({ body }) =>
      body.events.length > 7 ? { status: 413, code: 'HTTP_BODY_TOO_LARGE' } : 'answers',
    )
    const report = await agent([service], { batch: 100 }).run(events(300), { runId: 'r' })
    expect(report).toMatchObject({ complete: true, registered: 300 })
  })

  it('reports what is wrong beside what was registered', async () => {
    const service = await stub(newStore())
    const given = events(50).map((event, i) => (i % 10 === 3 ? { ...event, bad: true } : event))
    const report = await agent([service], { batch: 7 }).run(given, { runId: 'r' })
    expect(report).toMatchObject({ complete: false, total: 50, registered: 45, failed: 5 })
    expect(report.failures.map(({ index, field }) => [index, field])).toEqual(
      [3, 13, 23, 33, 43].map((index) => [index, 'bad']),
    )
  })
})
