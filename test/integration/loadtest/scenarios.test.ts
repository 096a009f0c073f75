import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { scenario as chat } from '../../../src/runtime/loadtest/scenarios/chat.ts'
import { scenario as evaluation } from '../../../src/runtime/loadtest/scenarios/eval.ts'
import { scenario as events } from '../../../src/runtime/loadtest/scenarios/events.ts'
import { scenario as query } from '../../../src/runtime/loadtest/scenarios/query.ts'
import { openWorkerScene } from '../../support/evaluation-worker.ts'
import { Refusal } from '../../support/llm-stub.ts'
import { type DrivenScenario, driveScenario, type Outcome } from '../../support/operations.ts'
import { openRagScene, type RagScene } from '../../support/rag.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let scene: RagScene
let url: string
let driven: DrivenScenario | undefined

beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.close())
beforeEach(async () => {
  await server.connect().flushall()
  scene = await openRagScene(server)
  url = (await scene.gateway({ workerWait: '2s' })).url
})
afterEach(async () => {
  await driven?.close()
  driven = undefined
  await scene.close()
})

async function drive(...[scenario, target, options, context]: Parameters<typeof driveScenario>) {
  driven = await driveScenario(scenario, target, options, context)
  return driven
}

const together = (scenario: DrivenScenario, count: number) =>
  Promise.all(Array.from({ length: count }, () => scenario.run()))
const causes = (outcomes: readonly Outcome[]) => outcomes.map(({ cause }) => cause)
const ok = (count: number) => new Array<undefined>(count).fill(undefined)

describe('the scenario query', () => {
  it('measures answers and how the server has spent their time, and asks nothing twice', async () => {
    await scene.worker()
    const scenario = await drive(query, url, { query: ['What is honey?', 'Who makes it?'] })
    const outcomes = await together(scenario, 10)
    expect(causes(outcomes)).toEqual(ok(10))
    for (const { latency, series } of outcomes) {
      expect(Object.keys(series).toSorted()).toEqual(['encode', 'generate', 'queues', 'retrieve', 'server'])
      expect(latency).toBeGreaterThan(0)
    }
    const asked = scene.llm.asked.map(({ messages, prompt }) => JSON.stringify(messages ?? prompt))
    expect(new Set(asked).size).toBe(10)
    expect(asked.filter((text) => text.includes('Who makes it?'))).toHaveLength(5)
  })

  it('lets caches answer what is repeated, and counts it', async () => {
    await scene.worker()
    const scenario = await drive(query, url, { query: ['What is honey?'], repeat: true })
    expect((await scenario.run()).counters.cached_embedding).toBeUndefined()
    // A cache that does not answer at once is done without, on a busy machine too.
    await expect.poll(async () => (await scenario.run()).counters.cached_embedding).toBe(1)
  })

  it('counts from when it was due', async () => {
    await scene.worker()
    const scenario = await drive(query, url)
    expect((await scenario.run(5_000)).latency).toBeGreaterThan(5_000)
  })

  it('reads answers as they are written', async () => {
    await scene.worker()
    scene.llm.say(async function* () {
      yield* ['Bees ', 'make ', 'it.']
    } as never)
    const scenario = await drive(query, url, { stream: true })
    const outcome = await scenario.run()
    expect(outcome).toMatchObject({ cause: undefined, counters: { tokens: 3 } })
    expect(outcome.series.first_token).toHaveLength(1)
    expect(outcome.series.gap).toHaveLength(2)
    expect(outcome.series.generate).toHaveLength(1)
    expect(outcome.series.first_token?.[0]).toBeLessThanOrEqual(outcome.latency ?? 0)
  })

  it('groups what the gateway refuses by status and code', async () => {
    const scenario = await drive(query, url)
    const outcome = await scenario.run()
    expect(outcome.latency).toBeUndefined()
    expect(outcome.cause).toMatch(/^HTTP 503 [A-Z_]+$/)
  })

  it('counts an answer that breaks off as a failure', async () => {
    await scene.worker()
    scene.llm.say(() => {
      throw new Refusal(400, 'LLM_REFUSED', 'no')
    })
    const plain = await drive(query, url)
    expect((await plain.run()).cause).toMatch(/^HTTP \d+ [A-Z_]+$/)
    await plain.close()
    const streamed = await drive(query, url, { stream: true })
    expect((await streamed.run()).cause).toMatch(/^error [A-Z_]+$/)
  })

  it('gives up after its time', async () => {
    await scene.worker()
    scene.llm.say(() => new Promise<string>(() => {}))
    const scenario = await drive(query, url, {}, { timeout: 300 })
    expect((await scenario.run()).cause).toBe('timeout')
  })
})

describe('the scenario chat', () => {
  it('reads each chat to its end, and measures its tokens', async () => {
    await scene.worker({ stage: undefined })
    const scenario = await drive(chat, url, { prompt: 'hello' })
    const outcomes = await together(scenario, 5)
    expect(causes(outcomes)).toEqual(ok(5))
    for (const { latency = 0, series, counters } of outcomes) {
      expect(counters).toEqual({ tokens: 20 })
      expect(series.gap).toHaveLength(19)
      const [headers = 0] = series.headers ?? []
      const [event = 0] = series.first_event ?? []
      const [token = 0] = series.first_token ?? []
      expect([headers, event, token, latency]).toEqual(
        [headers, event, token, latency].toSorted((a, b) => a - b),
      )
      const [each = 0] = series.per_token ?? []
      expect(each * 19).toBeCloseTo(sum(series.gap), 3)
    }
  })

  it('leaves after as many messages as it was told', async () => {
    await scene.worker({ stage: undefined })
    const scenario = await drive(chat, url, { feature: 'other', maxEvents: 2 })
    const { cause, counters } = await scenario.run()
    expect({ cause, counters }).toEqual({ cause: undefined, counters: { tokens: 2 } })
  })
})

describe('the scenario events', () => {
  it('publishes', async () => {
    const scenario = await drive(events, url, { type: 'load.plain', size: 300 })
    expect(causes(await together(scenario, 20))).toEqual(ok(20))
    const redis = server.connect()
    expect(await redis.xlen('agent:stream:load.plain')).toBe(20)
    const [[, fields] = ['', []]] = await redis.xrange('agent:stream:load.plain', '-', '+', 'COUNT', 1)
    expect(fields[fields.indexOf('data') + 1]).toHaveLength(300)
  })

  it('waits for each event to come to a client of the live stream, without missing any', async () => {
    const before = await drive(events, url, { type: 'load.seen' })
    await together(before, 3)
    await before.close()
    const scenario = await drive(events, url, { type: 'load.seen', consume: true, data: { a: 1 } })
    const outcomes = await together(scenario, 50)
    expect(causes(outcomes)).toEqual(ok(50))
    for (const { series } of outcomes) expect(series.delivery).toHaveLength(1)
  })

  it('says what is wrong with an event', async () => {
    const scenario = await drive(events, url, { type: 'task.created', data: { wrong: true } })
    expect((await scenario.run()).cause).toMatch(/^HTTP 4\d\d [A-Z_]+$/)
  })
})

describe('the scenario eval', () => {
  it('learns of the end from events, however quick or slow it is', async () => {
    const workers = await openWorkerScene(server)
    try {
      await workers.worker([await workers.stub()])
      const quick = await drive(evaluation, url, { code: 'print hello' })
      const outcomes = await together(quick, 10)
      expect(causes(outcomes)).toEqual(ok(10))
      for (const { latency, series } of outcomes) {
        // An end may come before the answer to its submission.
        expect(latency).toBeGreaterThan(0)
        expect(series.submit).toHaveLength(1)
        expect(series.program).toHaveLength(1)
      }
      await quick.close()
      const failing = await drive(evaluation, url, { code: 'exit 3' })
      expect(causes(await together(failing, 3))).toEqual(new Array(3).fill('eval failed: nonzero_exit'))
    } finally {
      await workers.close()
    }
  })

  it('gives up on what nobody runs', async () => {
    const scenario = await drive(evaluation, url, {}, { timeout: 500 })
    expect(causes(await together(scenario, 2))).toEqual(['timeout', 'timeout'])
  })

  it('does not begin where there are no events to follow', async () => {
    await expect(driveScenario(evaluation, scene.llm.url)).rejects.toMatchObject({
      code: 'LOADTEST_UNREACHABLE',
    })
  })
})

const sum = (values: readonly number[] = []) => values.reduce((total, value) => total + value, 0)
