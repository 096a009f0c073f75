import { afterEach, describe, expect, it } from 'vitest'
import { scenario } from '../../../src/runtime/loadtest/scenarios/chat.ts'
import { type DrivenScenario, driveScenario } from '../../support/operations.ts'
import {
  type Behaviour,
  inParts,
  type RawServer,
  startRawServer,
  streamOn,
} from '../../support/raw-server.ts'

let server: RawServer | undefined
let driven: DrivenScenario | undefined

afterEach(async () => {
  await driven?.close()
  await server?.close()
  driven = undefined
  server = undefined
})

async function against(behave: Behaviour, options = {}, context = {}) {
  server = await startRawServer(behave)
  driven = await driveScenario(scenario, server.url, options, context)
  return driven
}

const frame = (data: unknown, head = '') =>
  `${head}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const message = (id: number, text: unknown = `text ${id}`) =>
  frame({ id: String(id), message: text }, `id: 1-${id}\n`)
const DONE = frame('[DONE]')

describe('a chat', () => {
  it('is read the same wherever its bytes are cut', async () => {
    const text = `: hello\n\nretry: 1000\n\n${message(0, 'Grüße 🐝')}${message(1).replaceAll('\n', '\r\n')}${message(2)}${DONE}`
    const bytes = Buffer.from(text)
    const run = await against(async (response, _, nth) => {
      streamOn(response)
      const size = nth === 0 ? 1 : 7
      const count = Math.ceil(bytes.length / size)
      const parts = Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
      await inParts(response, nth === 2 ? [bytes] : parts)
      response.end()
    })
    for (let i = 0; i < 3; i++) {
      const { cause, counters, series } = await run.run()
      expect({ cause, counters }).toEqual({ cause: undefined, counters: { tokens: 3 } })
      expect(series).toMatchObject({ headers: [expect.any(Number)], first_token: [expect.any(Number)] })
      expect(series.gap).toHaveLength(2)
    }
  })

  it('does not take what says nothing for its first token', async () => {
    const run = await against(async (response) => {
      streamOn(response)
      await inParts(response, [
        message(0, { role: 'assistant' }),
        message(1, ''),
        message(2, { role: 'a', content: '' }),
      ])
      response.end(`${message(3, { text: 'x' })}${message(4, { answer: 42 })}${DONE}`)
    })
    const { cause, counters, series } = await run.run()
    expect({ cause, counters }).toEqual({ cause: undefined, counters: { tokens: 2 } })
    expect(series.first_event?.[0]).toBeLessThan(series.first_token?.[0] ?? 0)
  })

  it.each([
    ['ends without its last event', `${message(0)}`, 'stream ended early'],
    ['ends before anything was said', '', 'stream ended early'],
    [
      'tells an error',
      `${message(0)}${frame({ code: 'CHAT_FAILED', detail: 'id 12' }, 'event: error\n')}`,
      'error CHAT_FAILED',
    ],
    ['tells an error that is none of ours', frame('oh', 'event: error\n'), 'error without a code'],
    ['leaves out a message', `${message(0)}${message(2)}${DONE}`, 'messages lost'],
    [
      'says that messages are missing',
      `${frame({ reason: 'trimmed' }, 'event: gap\n')}${message(7)}${DONE}`,
      'messages lost',
    ],
    ['says something that is no JSON', `data: {oh\n\n${DONE}`, 'message is no JSON'],
  ])('has failed when it %s', async (_, text, cause) => {
    const run = await against((response) => streamOn(response).end(text))
    expect(await run.run()).toMatchObject({ cause, latency: undefined })
  })

  it('has failed when its connection is cut', async () => {
    const run = await against(async (response) => {
      await inParts(streamOn(response), [message(0)])
      response.destroy()
    })
    expect((await run.run()).cause).toMatch(/^connection (reset|closed)/)
  })

  it('goes on after its last event when its connection breaks, as often as it may', async () => {
    const run = await against(
      async (response, _, nth) => {
        if (nth === 1) return response.writeHead(503).end()
        await inParts(streamOn(response), nth === 0 ? [message(0), message(1)] : [message(1), message(2)])
        if (nth < 3) response.destroy()
        else response.end(DONE)
      },
      { reconnect: 3 },
    )
    const { cause, counters, series } = await run.run()
    expect({ cause, counters }).toEqual({
      cause: undefined,
      counters: { tokens: 3, reconnects: 3, repeated: 3 },
    })
    expect(series.headers).toHaveLength(1)
    expect(server?.asked.map(({ headers }) => headers['last-event-id'])).toEqual([
      undefined,
      '1-1',
      '1-1',
      '1-2',
    ])
    expect(new Set(server?.asked.map(({ url }) => url)).size).toBe(1)
  })

  it('is over when there is nothing left to be read', async () => {
    const run = await against(
      async (response, _, nth) => {
        if (nth === 1) return response.writeHead(204).end()
        await inParts(streamOn(response), [message(0)])
        response.destroy()
      },
      { reconnect: 1 },
    )
    expect(await run.run()).toMatchObject({ cause: undefined, counters: { tokens: 1, reconnects: 1 } })
  })

  it('does not wait for a server that never ends its answer', async () => {
    const run = await against((response) => streamOn(response).write(`${message(0)}${DONE}`))
    expect(await run.run()).toMatchObject({ cause: undefined, counters: { tokens: 1 } })
  })

  it('gives up after its time, in the middle and between two connections', async () => {
    const silent = await against((response) => streamOn(response).write(message(0)), {}, { timeout: 300 })
    expect((await silent.run()).cause).toBe('timeout')
    await silent.close()
    await server?.close()
    const away = await driveScenario(scenario, server?.url ?? '', { reconnect: 1_000 }, { timeout: 300 })
    expect((await away.run()).cause).toMatch(/timeout|refused|early/)
    await away.close()
  })

  it('ends with the run', async () => {
    const run = await against((response) => streamOn(response).write(message(0)), { reconnect: 5 })
    const outcome = run.run()
    await run.close()
    expect((await outcome).cause).toBe('ended by the client')
  })

  it('says what it is about, and sends the headers it was given', async () => {
    const messages = [{ role: 'user', content: 'hi' }]
    const run = await against(
      (response) => streamOn(response).end(DONE),
      { messages },
      { headers: { 'x-a': 'b' } },
    )
    await Promise.all([run.run(), run.run()])
    expect(server?.asked.map(({ body }) => JSON.parse(body))).toEqual([{ messages }, { messages }])
    expect(server?.asked.map(({ headers }) => headers['x-a'])).toEqual(['b', 'b'])
    expect(new Set(server?.asked.map(({ url }) => url)).size).toBe(2)
  })
})
