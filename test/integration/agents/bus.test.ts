import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { CampaignReport, EventReport } from '../../../src/runtime/agents/index.ts'
import {
  createDeadLetters,
  createEventBus,
  type EventBus,
  type EventBusOptions,
} from '../../../src/runtime/bus/index.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { startTestAgents } from '../../support/agents.ts'
import { type CampaignsStub, startCampaignsStub } from '../../support/campaigns-stub.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let stub: CampaignsStub
let bus: EventBus
let closer = createCloser()

beforeAll(async () => {
  server = await startTestRedis(false)
})
afterAll(() => server.close())
afterEach(async () => {
  await closer.close()
  closer = createCloser()
})

async function open(given: Record<string, unknown> = {}): Promise<void> {
  await server.connect('request').flushall()
  stub = closer.add(await startCampaignsStub(), (opened) => opened.close())
  const options = { redisUrl: server.url, campaignsServiceUrl: stub.url, ...given }
  closer.add(await startTestAgents({ llmUrl: 'http://127.0.0.1:9', ...options }), (opened) => opened.close())
  bus = openBus()
}

function openBus(options: Partial<EventBusOptions> = {}): EventBus {
  return closer.add(createEventBus({ redisUrl: server.url, ...options }), (opened) => opened.close())
}

const events = (count: number) => Array.from({ length: count }, (_, amount) => ({ amount }))
const CAMPAIGN = { name: 'Spring' }
const dead = (type: string) => createDeadLetters({ redis: server.connect('request') }).count(type)

describe('the agents on the event bus', () => {
  it('answer a request with the report', async () => {
    await open()
    const { result } = await bus.request<EventReport>('agent.event.run', { events: events(1_200) })
    expect(result).toMatchObject({ complete: true, total: 1_200, registered: 1_200, failed: 0 })
    expect(stub.store.events.has(`${result.run_id}-1199`)).toBe(true)
    const made = await bus.request<CampaignReport>('agent.campaign.run', {
      campaign: CAMPAIGN,
      run_id: 'mine',
    })
    expect(made.result).toMatchObject({ run_id: 'mine', campaign_id: 1, description_source: 'template' })
    expect([...stub.store.campaigns.keys()]).toEqual(['mine'])
  })

  it('take the id of the event for that of the run, so that a repeat repeats nothing', async () => {
    await open()
    await bus.publish('agent.campaign.run', { campaign: CAMPAIGN }, { eventId: 'order-1' })
    await bus.publish('agent.event.run', { events: events(3) }, { eventId: 'order-2' })
    const long = 'x'.repeat(128)
    await bus.publish('agent.event.run', { events: events(1) }, { eventId: long })
    await eventually(() => stub.store.campaigns.size === 1 && stub.store.events.size === 4)
    expect([...stub.store.campaigns.keys()]).toEqual(['order-1'])
    const ids = [...stub.store.events.keys()]
    expect(ids).toEqual(expect.arrayContaining(['order-2-0', 'order-2-1', 'order-2-2']))
    expect(ids.filter((id) => /^[0-9a-f]{64}-0$/.test(id))).toHaveLength(1)
  })

  it('try again when the service was away, and register nothing twice', async () => {
    await open({ patience: '200ms' })
    let failing = true
    stub.treat(() => {
      if (failing) return 'lost'
      return 'answers'
    })
    const asked = bus.request<EventReport>('agent.event.run', { events: events(5) }, { timeout: 60_000 })
    await eventually(() => stub.asked.length > 0)
    failing = false
    const { result } = await asked
    // The first try has done it, and nobody heard of that.
    expect(result).toMatchObject({ complete: true, registered: 0, known: 5 })
    expect(stub.store.events.size).toBe(5)
  })

  it.each([
    ['agent.event.run', { events: 'all' }, 'events'],
    ['agent.event.run', { events: [] }, 'events'],
    ['agent.event.run', { events: [{}], more: 1 }, 'more'],
    ['agent.campaign.run', { campaign: { name: '' } }, 'campaign.name'],
  ])('put %s with %j to the dead letters at once', async (type, data, field) => {
    await open()
    await expect(bus.request(type, data, { timeout: 30_000 })).rejects.toMatchObject({
      code: 'EVENT_REQUEST_FAILED',
      message: expect.stringMatching(`AGENT_RUN_INVALID.*${field}`),
    })
    expect(await dead(type)).toBe(1)
    expect(stub.asked).toEqual([])
  })

  it('do not try again what the service refuses', async () => {
    await open()
    stub.treat(() => ({ status: 422, code: 'RULE_INVALID' }))
    const asked = bus.request('agent.campaign.run', { campaign: CAMPAIGN }, { timeout: 30_000 })
    await expect(asked).rejects.toMatchObject({ message: expect.stringContaining('RULE_INVALID') })
    expect(stub.asked).toHaveLength(1)
  })

  it('join the bus once Redis is there', async () => {
    await server.kill()
    stub = closer.add(await startCampaignsStub(), (opened) => opened.close())
    const agents = await startTestAgents({ redisUrl: server.url, campaignsServiceUrl: stub.url })
    closer.add(agents, (opened) => opened.close())
    const { body } = await agents.ask('/agents/event/run', { body: { run_id: 'first', events: events(2) } })
    expect(body).toMatchObject({ complete: true })
    await server.start()
    bus = openBus()
    const { result } = await bus.request<EventReport>(
      'agent.event.run',
      { events: events(3) },
      { timeout: 60_000 },
    )
    expect(result).toMatchObject({ complete: true, registered: 3 })
  })

  it('leave in order while Redis is away', async () => {
    await open()
    await bus.request('agent.event.run', { events: events(1) })
    await bus.close()
    await server.kill()
    await closer.close()
    await server.start()
  })
})
