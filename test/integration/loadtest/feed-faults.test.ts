import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Operation } from '../../../src/runtime/loadtest/index.ts'
import { scenario as evaluation } from '../../../src/runtime/loadtest/scenarios/eval.ts'
import { createEvaluationNews } from '../../../src/runtime/loadtest/scenarios/evaluation-news.ts'
import { scenario as events } from '../../../src/runtime/loadtest/scenarios/events.ts'
import { scenario as query } from '../../../src/runtime/loadtest/scenarios/query.ts'
import { type DrivenScenario, driveScenario } from '../../support/operations.ts'
import { eventually } from '../../support/program.ts'
import { type Behaviour, type RawServer, startRawServer, streamOn } from '../../support/raw-server.ts'

let server: RawServer | undefined
let driven: DrivenScenario | undefined

afterEach(async () => {
  await driven?.close()
  await server?.close()
  driven = undefined
  server = undefined
})

const frame = (data: object, head = '') => `${head}data: ${JSON.stringify(data)}\n\n`
const answer = (response: ServerResponse, status: number, body: object | string) =>
  response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))

/** A gateway of events whose live streams a test holds in its hands. */
function gateway(onPost: Behaviour, onGet: Behaviour = () => {}) {
  /** The newest stream of each type. */
  const live = new Map<string, ServerResponse>()
  const places: string[] = []
  const behave: Behaviour = (response, asked, nth) => {
    const { pathname, searchParams } = new URL(asked.url, 'http://x')
    const [, , type = '', last] = pathname.split('/')
    if (asked.method === 'POST') return onPost(response, asked, nth)
    if (!pathname.startsWith('/events/')) return onGet(response, asked, nth)
    if (last !== 'live')
      return answer(response, 200, { events: [{ id: '7-0' }], undecodable: [], next: null })
    places.push(searchParams.get('from') ?? '')
    live.set(type, streamOn(response))
  }
  return { live, places, behave }
}

describe('the scenario events, with a live stream', () => {
  it('goes on after the last event when its connection is cut', async () => {
    const { live, places, behave } = gateway((response) => answer(response, 201, {}))
    server = await startRawServer(behave)
    driven = await driveScenario(events, server.url, { type: 'a', consume: true })
    const both = [driven.run(), driven.run()]
    await eventually(() => server?.asked.filter(({ method }) => method === 'POST').length === 2)
    const ids = server.asked.flatMap(({ headers }) => headers['idempotency-key'] ?? [])
    live
      .get('a')
      ?.write(
        `: beat\n\n${frame({ event_id: ids[0] }, 'id: 8-0\n')}${frame({ event_id: 'foreign' }, 'id: 9-0\n')}`,
      )
    // Either of them may have been published first.
    expect((await Promise.race(both)).cause).toBeUndefined()
    live.get('a')?.destroy()
    await eventually(() => places.length === 2)
    expect(places).toEqual(['7-0', '9-0'])
    live.get('a')?.write(frame({ event_id: ids[1] }, 'id: 10-0\n'))
    expect((await Promise.all(both)).map(({ cause }) => cause)).toEqual([undefined, undefined])
  })

  it('counts what is gone as failed', async () => {
    const { live, behave } = gateway((response) => answer(response, 201, {}))
    server = await startRawServer(behave)
    driven = await driveScenario(events, server.url, { type: 'a', consume: true })
    const outcome = driven.run()
    await eventually(() => server?.asked.at(-1)?.method === 'POST')
    live.get('a')?.write(frame({ reason: 'trimmed' }, 'event: gap\n'))
    expect((await outcome).cause).toBe('lost on the way to the client')
  })

  it('fails by its publication, or by time when nothing is delivered', async () => {
    const { behave } = gateway((response, _, nth) =>
      answer(response, nth === 2 ? 429 : 201, { code: 'TOO_FULL' }),
    )
    server = await startRawServer(behave)
    driven = await driveScenario(events, server.url, { type: 'a', consume: true })
    expect((await driven.run()).cause).toBe('HTTP 429 TOO_FULL')
    await driven.close()
    driven = await driveScenario(events, server.url, { type: 'a', consume: true }, { timeout: 300 })
    expect((await driven.run()).cause).toBe('timeout')
  })

  it('does not begin when the live stream is refused', async () => {
    server = await startRawServer((response, { url }) =>
      url.includes('/live') ? answer(response, 503, { code: 'AWAY' }) : answer(response, 200, { events: [] }),
    )
    await expect(driveScenario(events, server.url, { consume: true })).rejects.toMatchObject({
      code: 'LOADTEST_UNREACHABLE',
      message: expect.stringContaining('HTTP 503 AWAY'),
    })
  })
})

describe('the scenario eval', () => {
  const ended = (eval_id: string, more: object = {}) =>
    frame({ data: { eval_id, status: 'completed', duration_ms: 5, ...more } }, 'id: 8-0\n')

  it('knows an end that came before the answer to the submission', async () => {
    const { live, behave } = gateway((response) => {
      live.get('evaluation.completed')?.write(ended('e1'))
      setTimeout(() => answer(response, 202, { eval_id: 'e1' }), 50)
    })
    server = await startRawServer(behave)
    driven = await driveScenario(evaluation, server.url)
    expect(await driven.run()).toMatchObject({ cause: undefined, series: { program: [5] } })
  })

  it('follows each evaluation by itself when events are gone', async () => {
    const { live, behave } = gateway(
      (response) => answer(response, 202, { eval_id: 'e1' }),
      (response) =>
        streamOn(response).end(frame({ status: 'failed', reason: 'out_of_memory' }, 'event: end\n')),
    )
    server = await startRawServer(behave)
    driven = await driveScenario(evaluation, server.url)
    const outcome = driven.run()
    await eventually(() => server?.asked.at(-1)?.method === 'POST')
    // The answer is read by then, or a moment later: the gap is told until somebody has looked.
    const timer = setInterval(
      () => live.get('evaluation.failed')?.write(frame({ reason: 'trimmed' }, 'event: gap\n')),
      50,
    )
    expect(await outcome).toMatchObject({ cause: 'eval failed: out_of_memory', counters: { looked_up: 1 } })
    clearInterval(timer)
    expect(server.asked.at(-1)?.url).toBe('/api/eval/e1/stream')
  })

  it.each([
    [429, { code: 'EVAL_QUEUE_FULL' }, 'HTTP 429 EVAL_QUEUE_FULL'],
    [503, '<html>', 'HTTP 503'],
    [202, '{}', 'no id in the answer'],
    [200, { eval_id: 'x' }, 'HTTP 200'],
  ])('groups refusals: %i %j', async (status, body, cause) => {
    const { behave } = gateway((response) => answer(response, status, body))
    server = await startRawServer(behave)
    driven = await driveScenario(evaluation, server.url)
    expect((await driven.run()).cause).toBe(cause)
  })
})

describe('the news of evaluations', () => {
  const news = (url: string) => createEvaluationNews({ target: url, headers: {}, timeout: 0, connections: 1 })

  it('are not waited for without end where a stream is never opened', async () => {
    const asked = Promise.withResolvers<void>()
    server = await startRawServer((response, { url }) => {
      if (!url.includes('/live')) return answer(response, 200, { events: [] })
      asked.resolve()
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const opening = expect(news(server.url)).rejects.toMatchObject({ code: 'LOADTEST_UNREACHABLE' })
      await asked.promise
      await vi.advanceTimersByTimeAsync(15_000)
      await opening
    } finally {
      vi.useRealTimers()
    }
  })

  it('keep the ends of others only for as long as there is room', async () => {
    const { live, behave } = gateway(() => {})
    server = await startRawServer(behave)
    const { expect: expectOne, close } = await news(server.url)
    const ended: string[] = []
    const operationOf = (id: string): Operation => ({
      ...{ index: 0, due: 0, record() {}, count() {}, fail() {} },
      succeed: () => void ended.push(id),
    })
    const [first, last] = [expectOne(), expectOne()]
    const ids = Array.from({ length: 10_002 }, (_, i) => `e${i}`)
    const frames = ids.map((eval_id) => frame({ data: { eval_id, status: 'completed' } }))
    live.get('evaluation.completed')?.write(frames.join(''))
    last({ id: 'e10001', operation: operationOf('e10001') })
    await eventually(() => ended.length > 0)
    first({ id: 'e0', operation: operationOf('e0') })
    expect(ended).toEqual(['e10001'])
    await close()
  })
})

describe('the scenario query', () => {
  const part = (message: object) => frame({ id: '0', message })

  it.each([
    [200, { answer: '' }, 'no answer in the body'],
    [200, 'not json', 'no answer in the body'],
    [429, { code: 'RAG_LIMIT' }, 'HTTP 429 RAG_LIMIT'],
    [500, { code: 'id-123 went wrong' }, 'HTTP 500'],
    [204, '', 'HTTP 204'],
  ])('has failed with %i %j', async (status, body, cause) => {
    server = await startRawServer((response) => answer(response, status, body))
    driven = await driveScenario(query, server.url)
    expect((await driven.run()).cause).toBe(cause)
  })

  it('does without what a server does not tell', async () => {
    server = await startRawServer((response) =>
      answer(response, 200, {
        answer: 'yes',
        timings_ms: { encode: 'x', other: 3, generate: 4 },
        cached: null,
      }),
    )
    driven = await driveScenario(query, server.url, { user: 'u', topK: 3 })
    expect(await driven.run()).toMatchObject({ cause: undefined, series: { generate: [4] }, counters: {} })
    expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject({ user: 'u', top_k: 3 })
  })

  it.each([
    ['without a result', `${part({ type: 'token', text: 'a' })}data: [DONE]\n\n`, 'stream ended early'],
    ['that ends in the middle', part({ type: 'token', text: 'a' }), 'stream ended early'],
    ['that is only its result', `${part({ type: 'result' })}data: [DONE]\n\n`, undefined],
  ])('reads a stream %s', async (_, text, cause) => {
    server = await startRawServer((response) => streamOn(response).end(text))
    driven = await driveScenario(query, server.url, { stream: true })
    expect((await driven.run()).cause).toBe(cause)
  })
})

describe('options that cannot be', () => {
  it.each([
    [query, { query: [''] }, '--query'],
    [query, { topK: 0 }, '--top-k'],
    [events, { size: 1 }, '--size'],
    [events, { size: 10, data: 1 }, '--size'],
    [evaluation, { code: ' ' }, '--code'],
    [evaluation, { prompt: 'x' }, '--prompt'],
  ])('%# are refused with the name of the flag', async (scenario, options, flag) => {
    await expect(driveScenario(scenario, 'http://127.0.0.1:9', options)).rejects.toMatchObject({
      code: 'LOADTEST_OPTION_INVALID',
      message: expect.stringContaining(flag),
    })
  })
})
