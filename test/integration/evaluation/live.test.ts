import type { EventSourceMessage } from 'eventsource-parser'
import { request } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import {
  createFakeRows,
  createHandWorker,
  type EvaluationGateway,
  type FakeRows,
  type HandWorker,
  startEvaluationGateway,
} from '../../support/evaluation.ts'
import { call, type LiveClient, openLive } from '../../support/events.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let gateway: EvaluationGateway
let rows: FakeRows
let worker: HandWorker
let closer: ReturnType<typeof createCloser>
let id: string

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
  rows = createFakeRows()
  gateway = await startEvaluationGateway(server.url, { rows })
  worker = createHandWorker(redis)
})
afterAll(async () => {
  await gateway?.close()
  await server?.close()
})
beforeEach(async () => {
  closer = createCloser()
  const { body } = await call(gateway.url, '/api/eval', { body: { code: 'x' } })
  id = String(body.eval_id)
})
afterEach(async () => {
  await closer.close()
  await redis.flushall()
})

async function follow(lastEventId?: string, of = id): Promise<LiveClient> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  return closer.add(await openLive(gateway.url, `/api/eval/${of}/stream`, headers), (client) =>
    client.close(),
  )
}

/** Frames as `EVENT DATA`, with the id where `ids` is set. */
const short = (frames: EventSourceMessage[]) =>
  frames.map(({ event, data }) => {
    if (data === '[DONE]') return data
    const { name, text, status, attempt } = JSON.parse(data)
    return [event, name, text ?? status, event === 'end' ? undefined : attempt]
      .filter((x) => x !== undefined)
      .join(' ')
  })

const done = async (client: LiveClient) => {
  await eventually(() => client.frames.at(-1)?.data === '[DONE]')
  return short(client.frames)
}
const seen = async (client: LiveClient, count: number) => short(await client.seen(count))

describe('an evaluation', () => {
  it('is followed from the queue to its end', async () => {
    const client = await follow()
    expect(await seen(client, 1)).toEqual(['status queued 0'])
    await worker.begin(id)
    expect(await seen(client, 2)).toEqual(['status queued 0', 'status running 1'])
    await worker.output(id, 1, 'stdout', 'one ', 0)
    await worker.output(id, 1, 'stderr', 'oops', 0)
    expect((await seen(client, 4)).slice(2)).toEqual(['output stdout one ', 'output stderr oops'])
    await worker.output(id, 1, 'stdout', 'two', 4)
    await worker.finish(id, 1, { stdout: 'one two', stderr: 'oops' })
    await worker.mark(id, 'end', 1)
    const frames = await done(client)
    expect(frames.slice(4).join('|')).toMatch(/^output stdout two\|end completed\|\[DONE\]$/)
    const end = client.frames.at(-2)
    expect(JSON.parse(end?.data ?? '')).toMatchObject({ eval_id: id, status: 'completed', stdout: 'one two' })
    expect(end?.id).toBe('1-7-4-end')
  })

  it('that writes no live output shows all of it at its end', async () => {
    const client = await follow()
    await client.seen(1)
    await worker.begin(id)
    await client.seen(2)
    await worker.finish(id, 1, { stdout: 'all', stderr: 'err' })
    expect((await done(client)).slice(2)).toEqual([
      'output stdout all',
      'output stderr err',
      'end completed',
      '[DONE]',
    ])
  })

  it('is begun to be followed while it runs, and after it has ended', async () => {
    await worker.begin(id)
    await worker.output(id, 1, 'stdout', 'one ', 0)
    const client = await follow()
    expect(await seen(client, 2)).toEqual(['status running 1', 'output stdout one '])
    await worker.finish(id, 1, { stdout: 'one two', status: 'failed', reason: 'nonzero_exit', exit_code: 3 })
    const after = ['output stdout two', 'end failed', '[DONE]']
    expect((await done(client)).slice(2)).toEqual(after)
    expect(await done(await follow())).toEqual(['output stdout one two', 'end failed', '[DONE]'])
  })

  it('has its end found although nobody has told of it', async () => {
    const client = await follow()
    await client.seen(1)
    await worker.begin(id)
    await worker.finish(id, 1, { stdout: 'x' }, true)
    expect((await done(client)).slice(-3)).toEqual(['output stdout x', 'end completed', '[DONE]'])
  })

  it('that only a row knows is shown from there', async () => {
    rows.all.set('old', { eval_id: 'old', seq: 1000, status: 'completed', attempts: 1, stdout: 'kept' })
    expect(await done(await follow(undefined, 'old'))).toEqual([
      'output stdout kept',
      'end completed',
      '[DONE]',
    ])
  })

  it('that Redis loses ends the stream with an error', async () => {
    const client = await follow()
    await client.seen(1)
    await redis.flushall()
    await eventually(() => client.frames.at(-1)?.data === '[DONE]')
    expect(client.frames.at(-2)?.event).toBe('error')
    expect(JSON.parse(client.frames.at(-2)?.data ?? '')).toMatchObject({ code: 'EVAL_UNKNOWN' })
  })

  it('that is cancelled while it waits ends', async () => {
    const client = await follow()
    await client.seen(1)
    await call(gateway.url, `/api/eval/${id}`, { method: 'DELETE' })
    expect(await done(client)).toEqual(['status queued 0', 'end cancelled', '[DONE]'])
  })
})

describe('another attempt', () => {
  it('makes the output so far void', async () => {
    const client = await follow()
    await client.seen(1)
    await worker.begin(id)
    await worker.output(id, 1, 'stdout', 'half', 0)
    await client.seen(3)
    await worker.begin(id)
    await worker.mark(id, 'attempt', 2)
    await worker.output(id, 2, 'stdout', 'whole', 0)
    await client.seen(6)
    await worker.output(id, 1, 'stdout', 'late', 4)
    await worker.finish(id, 2, { stdout: 'whole' })
    expect((await done(client)).slice(3)).toEqual([
      'restart 2',
      'status running 2',
      'output stdout whole',
      'end completed',
      '[DONE]',
    ])
  })

  it('is noticed at the end at the latest', async () => {
    await worker.begin(id)
    await worker.output(id, 1, 'stdout', 'half', 0)
    const client = await follow()
    await client.seen(2)
    const job = await worker.job(id)
    expect(job).toBeDefined()
    await redis.hset(`eval:record:${id}`, 'attempts', 2)
    await worker.finish(id, 2, { stdout: 'whole' })
    const frames = await done(client)
    expect(frames).toContain('restart 2')
    expect(frames.slice(-3)).toEqual(['output stdout whole', 'end completed', '[DONE]'])
  })
})

describe('a client that comes back', () => {
  beforeEach(async () => {
    await worker.begin(id)
    await worker.output(id, 1, 'stdout', 'abc', 0)
    await worker.output(id, 1, 'stdout', 'def', 3)
  })

  it('gets what it does not have', async () => {
    const first = await follow()
    const [, , last] = await first.seen(3)
    expect(last?.id).toBe('1-6-0')
    first.close()
    const again = await follow('1-3-0')
    expect(await seen(again, 2)).toEqual(['status running 1', 'output stdout def'])
    await worker.finish(id, 1, { stdout: 'abcdefghi' })
    expect((await done(again)).slice(2)).toEqual(['output stdout ghi', 'end completed', '[DONE]'])
  })

  it('gets it from the record when the stream has gone', async () => {
    await worker.finish(id, 1, { stdout: 'abcdefghi' })
    await redis.del(`eval:output:${id}`)
    expect(await done(await follow('1-4-0'))).toEqual(['output stdout efghi', 'end completed', '[DONE]'])
  })

  it('is told that another attempt has begun meanwhile', async () => {
    await worker.begin(id)
    const client = await follow('1-3-0')
    expect(await seen(client, 2)).toEqual(['restart 2', 'status running 2'])
  })

  it('after the end gets nothing', async () => {
    await worker.finish(id, 1, { stdout: 'abcdef' })
    const client = await follow()
    await done(client)
    const { id: last } = client.frames.at(-2) ?? {}
    await expect(follow(last)).rejects.toThrow('204')
  })
})

it('output of which a part is missing is completed at the end', async () => {
  await worker.begin(id)
  const client = await follow()
  await worker.output(id, 1, 'stdout', 'a', 0)
  await worker.output(id, 1, 'stdout', 'c', 2)
  await worker.output(id, 1, 'stderr', 'e', 0)
  expect(await seen(client, 3)).toEqual(['status running 1', 'output stdout a', 'output stderr e'])
  await worker.finish(id, 1, { stdout: 'abc', stderr: 'e' })
  expect((await done(client)).slice(3)).toEqual(['output stdout bc', 'end completed', '[DONE]'])
})

it('heartbeats come, and a gateway that closes ends the stream properly', async () => {
  const quick = await startEvaluationGateway(server.url, { heartbeat: 50 })
  const { body } = await request(`${quick.url}/api/eval/${id}/stream`)
  let text = ''
  let closing: Promise<void> | undefined
  for await (const chunk of body.setEncoding('utf8')) {
    text += chunk
    if (text.split(': heartbeat\n\n').length > 2) closing ??= quick.close()
  }
  await closing
  expect(text).toMatch(/^retry: 1000\n\nid: 0-0-0\nevent: status\n/)
  expect(text).not.toContain('[DONE]')
})
