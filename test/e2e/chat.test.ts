import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EventSource } from 'eventsource'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis, disconnectRedis, type RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { agentctl, eventually, startServe, type TestServe, workplace } from '../support/program.ts'
import { silent } from '../support/redis.ts'
import { numbers, readStream, upTo } from '../support/sse.ts'

const place = workplace()
let serve: TestServe
let redis: RedisClient
let slow: ReturnType<typeof agentctl>

/** Appears when an answer to "two" may go on after its tenth message. */
const GO = join(place.dir, 'go')
/** Of a feature with a worker of its own: its answers are under way until a test has seen what it wants to see. */
const SLOW = `
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
export default async function* ({ prompt }, { signal }) {
  for (let i = 0; i < (prompt === 'long' ? 600 : 20); i++) {
    while (i === 10 && prompt === 'two' && !existsSync(${JSON.stringify(GO)})) await pause(20, undefined, { signal })
    await pause(100, undefined, { signal })
    yield 'Message ' + i
  }
}`

beforeAll(async () => {
  serve = await startServe(place, '--ephemeral')
  redis = connectRedis({ url: serve.redisUrl, purpose: 'request', name: 'test', log: silent })
  writeFileSync(join(place.dir, 'slow.ts'), SLOW)
  const args = ['--feature', 'slow', '--handler', './slow.ts', '--redis-url', serve.redisUrl]
  slow = agentctl(place, 'worker', ...args)
  let said = ''
  slow.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  await eventually(
    () => said.includes('worker is ready'),
    60_000,
    () => said,
  )
})

afterAll(async () => {
  if (redis) await disconnectRedis(redis)
  slow?.kill('SIGTERM')
  await slow
  await serve?.stop()
  place.remove()
})

describe('POST /stream', () => {
  it('answers with twenty messages and [DONE]', async () => {
    const { messages, done, frames } = await readStream(serve.url, { chat: 'chat-1' })
    expect(numbers(messages)).toEqual(upTo(20))
    expect(done).toBe(true)
    expect(messages[3]).toMatchObject({
      id: '3',
      feature_id: 'test',
      chat_id: 'chat-1',
      message: 'Message 3 from feature test, chat chat-1',
      container_feature_id: 'default',
      worker: 'bullmq',
    })
    expect(frames.every((frame) => /^\d+-\d+$/.test(frame.id ?? ''))).toBe(true)
  })

  it('keeps the stream under its literal key, expiring 60 s after the last write', async () => {
    await readStream(serve.url, { chat: 'kept' })
    const entries = await redis.xrange('stream:test:kept', '-', '+')
    const messages = entries.filter(([, fields]) => fields[1]?.startsWith('{"id"'))
    expect(messages).toHaveLength(20)
    expect(messages[0]?.[1][0]).toBe('data')
    const ttl = await redis.pttl('stream:test:kept')
    expect(ttl).toBeGreaterThan(50_000)
    expect(ttl).toBeLessThanOrEqual(60_000)
  })

  it('gives 200 simultaneous requests of one chat one job and the same messages', async () => {
    const before = await jobsAdded()
    const results = await Promise.all(upTo(200).map(() => readStream(serve.url, { chat: 'crowd' })))
    expect(await jobsAdded()).toBe(before + 1)
    const [first] = results
    expect(numbers(first?.messages ?? [])).toEqual(upTo(20))
    for (const { frames } of results) expect(frames).toEqual(first?.frames)
  })

  it('replays a finished chat to a late client', async () => {
    const first = await readStream(serve.url, { chat: 'late' })
    const second = await readStream(serve.url, { chat: 'late', method: 'GET' })
    expect(second.frames).toEqual(first.frames)
  })

  it('resumes exactly after Last-Event-ID, by header and by parameter', async () => {
    const all = await readStream(serve.url, { chat: 'resume' })
    const rest = await readStream(serve.url, { chat: 'resume', lastEventId: all.frames[7]?.id ?? '' })
    expect(numbers(rest.messages)).toEqual(upTo(20).slice(8))
    const { body } = await request(
      `${serve.url}/stream?feature_id=test&chat_id=resume&last_event_id=${all.frames[18]?.id}`,
    )
    const text = await body.text()
    expect(text.match(/^data: \{/gm)).toHaveLength(1)
  })

  it('has nothing more for a client that has seen the end', async () => {
    const all = await readStream(serve.url, { chat: 'seen' })
    const again = await readStream(serve.url, { chat: 'seen', lastEventId: all.frames.at(-1)?.id ?? '' })
    expect(again.status).toBe(204)
  })

  it('says that messages are missing when the cursor is older than the stream', async () => {
    const { frames, messages, done } = await readStream(serve.url, { chat: 'gap', lastEventId: '1000-0' })
    expect(frames[0]?.event).toBe('gap')
    expect(numbers(messages)).toEqual(upTo(20))
    expect(done).toBe(true)
  })

  it('answers a new prompt of a finished chat anew, and refuses one while another is being answered', async () => {
    const ask = (prompt: string) =>
      readStream(serve.url, { feature: 'slow', chat: 'turns', body: { prompt } })
    const first = await ask('one')
    const second = ask('two')
    expect(first.done).toBe(true)
    await eventually(async () => {
      const entries = await redis.xlen('stream:slow:turns')
      return entries > 1 && entries < 20
    })
    const busy = await ask('three')
    expect(busy.status).toBe(409)
    expect(JSON.parse(busy.text)).toMatchObject({ code: 'CHAT_BUSY' })
    writeFileSync(GO, '')
    const { messages, frames } = await second
    expect(numbers(messages)).toEqual(upTo(20))
    expect(Number.parseInt(frames[0]?.id ?? '', 10)).toBeGreaterThan(
      Number.parseInt(first.frames[0]?.id ?? '', 10),
    )
  })

  it('goes on when its client leaves', async () => {
    await readStream(serve.url, { chat: 'left', leaveAfter: 2 })
    const { messages, done } = await readStream(serve.url, { chat: 'left' })
    expect(numbers(messages)).toEqual(upTo(20))
    expect(done).toBe(true)
  })

  it('takes ids with spaces, umlauts and percent signs as they are', async () => {
    const { messages } = await readStream(serve.url, { feature: 'Käse & co', chat: '100 % {sure}' })
    expect(messages[0]?.message).toBe('Message 0 from feature Käse & co, chat 100 % {sure}')
    expect(await redis.exists('stream:Käse & co:100 % {sure}')).toBe(1)
  })
})

describe('a standard EventSource', () => {
  it('dropped again and again receives every message once, in order, and then stays away', async () => {
    const url = `${serve.url}/stream?feature_id=test&chat_id=dropped`
    const seen: string[] = []
    let connections = 0
    const cutting: typeof fetch = async (input, init) => {
      const connection = ++connections
      const response = await fetch(input, init)
      if (connection > 2 || !response.body) return response
      return new Response(response.body.pipeThrough(cutAfter(3)), response)
    }
    await new Promise<void>((resolve, reject) => {
      const source = new EventSource(url, { fetch: cutting as never })
      source.onmessage = ({ data }) => {
        seen.push(data === '[DONE]' ? data : (JSON.parse(data) as { id: string }).id)
      }
      source.onerror = () => {
        if (source.readyState === EventSource.CLOSED) resolve() // told to stay away
      }
      source.addEventListener('gap', () => reject(new Error('a gap')))
    })
    expect(seen).toEqual([...upTo(20).map(String), '[DONE]'])
    expect(connections).toBeGreaterThanOrEqual(4)
  })
})

describe('DELETE /stream', () => {
  it('cancels the run: readers get an error frame, the worker stops', async () => {
    const reading = readStream(serve.url, { feature: 'slow', chat: 'cancelled', body: { prompt: 'long' } })
    await eventually(async () => (await redis.xlen('stream:slow:cancelled')) > 3)
    const { statusCode, body } = await request(`${serve.url}/stream?feature_id=slow&chat_id=cancelled`, {
      method: 'DELETE',
    })
    expect(statusCode).toBe(200)
    expect(await body.json()).toMatchObject({ status: 'cancelled', chat_id: 'cancelled' })
    const { frames, done } = await reading
    expect(done).toBe(false)
    expect(frames.at(-1)).toMatchObject({ event: 'error' })
    expect(JSON.parse(frames.at(-1)?.data ?? '')).toMatchObject({ code: 'CHAT_CANCELLED', status: 499 })
    const length = await redis.xlen('stream:slow:cancelled')
    await readStream(serve.url, { chat: 'meanwhile' })
    expect(await redis.xlen('stream:slow:cancelled')).toBe(length)
  })

  it('says when there is nothing to cancel', async () => {
    const gone = await request(`${serve.url}/stream?feature_id=test&chat_id=never`, { method: 'DELETE' })
    expect(gone.statusCode).toBe(404)
    await gone.body.dump()
    await readStream(serve.url, { chat: 'over' })
    const over = await request(`${serve.url}/stream?feature_id=test&chat_id=over`, { method: 'DELETE' })
    expect(over.statusCode).toBe(409)
    await over.body.dump()
  })
})

describe('bad input', () => {
  const cases: [what: string, path: string, status: number, field: string][] = [
    ['a missing id', '/stream?feature_id=test', 400, 'query.chat_id'],
    ['an empty id', '/stream?feature_id=&chat_id=x', 400, 'query.feature_id'],
    ['a colon', '/stream?feature_id=a:b&chat_id=x', 400, 'query.feature_id'],
    ['a control character', '/stream?feature_id=test&chat_id=x%0ay', 400, 'query.chat_id'],
    ['a NUL', '/stream?feature_id=test&chat_id=x%00', 400, 'query.chat_id'],
    ['an id of 257 characters', `/stream?feature_id=test&chat_id=${'x'.repeat(257)}`, 400, 'query.chat_id'],
    ['an id given twice', '/stream?feature_id=test&chat_id=x&chat_id=y', 400, 'query.chat_id'],
    ['an unknown parameter', '/stream?feature_id=test&chat_id=x&colour=red', 400, 'query.colour'],
    ['a cursor that is none', '/stream?feature_id=test&chat_id=x&last_event_id=zzz', 400, 'last_event_id'],
  ]
  it.each(cases)('%s is refused by name, and nothing is stored', async (_what, path, status, field) => {
    // Of what was there before, anything may expire or be tidied up meanwhile.
    const before = new Set(await redis.keys('stream:*'))
    const jobs = await jobsAdded()
    const { statusCode, headers, body } = await request(serve.url + path, { method: 'POST' })
    expect(statusCode).toBe(status)
    expect(headers['content-type']).toContain('application/problem+json')
    expect(await body.json()).toMatchObject({ status, field })
    expect((await redis.keys('stream:*')).filter((key) => !before.has(key))).toEqual([])
    expect(await jobsAdded()).toBe(jobs)
  })

  const bodies: [what: string, body: string, status: number, code: string][] = [
    ['broken JSON', '{"prompt":', 400, 'HTTP_INVALID'],
    ['an unknown field', '{"promt":"x"}', 400, 'HTTP_INVALID'],
    ['a wrong type', '{"prompt":1}', 400, 'HTTP_INVALID'],
    ['both forms at once', '{"prompt":"x","messages":[]}', 400, 'HTTP_INVALID'],
    ['two megabytes', JSON.stringify({ prompt: 'x'.repeat(2_000_000) }), 413, 'HTTP_BODY_TOO_LARGE'],
  ]
  it.each(bodies)('a body with %s is refused', async (_what, body, status, code) => {
    const answer = await request(`${serve.url}/stream?feature_id=test&chat_id=body`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.statusCode).toBe(status)
    expect(await answer.body.json()).toMatchObject({ code })
    expect(await redis.exists('stream:test:body')).toBe(0)
  })

  it('a form instead of JSON is 415, a wrong method 405, a wrong path 404', async () => {
    const url = `${serve.url}/stream?feature_id=test&chat_id=x`
    const form = await request(url, {
      method: 'POST',
      body: 'prompt=x',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect([form.statusCode, ((await form.body.json()) as { code: string }).code]).toEqual([
      415,
      'HTTP_MEDIA_TYPE',
    ])
    const put = await request(url, { method: 'PUT' })
    expect([put.statusCode, put.headers.allow]).toEqual([405, 'GET, POST, DELETE'])
    await put.body.dump()
    const head = await request(url, { method: 'HEAD' })
    expect(head.statusCode).toBe(405)
    await head.body.dump()
    const wrong = await request(`${serve.url}/streams`)
    expect([wrong.statusCode, ((await wrong.body.json()) as { code: string }).code]).toEqual([
      404,
      'HTTP_NOT_FOUND',
    ])
  })
})

async function jobsAdded(): Promise<number> {
  const { body } = await request(`${serve.url}/metrics`)
  const line = /^agentctl_chat_runs_started_total\{.*\} (\d+)$/m.exec(await body.text())
  return Number(line?.[1] ?? 0)
}

/** Breaks a response body off behind so many frames, also where more have come at once. */
function cutAfter(count: number): TransformStream<Uint8Array, Uint8Array> {
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()]
  let frames = 0
  let full = false
  return new TransformStream({
    transform(chunk, controller) {
      for (const line of decoder.decode(chunk, { stream: true }).split(/(?<=\n)/)) {
        controller.enqueue(encoder.encode(line))
        if (line.startsWith('data:')) full = true
        if (line !== '\n' || !full) continue
        full = false
        if (++frames >= count) return controller.terminate()
      }
    },
  })
}
