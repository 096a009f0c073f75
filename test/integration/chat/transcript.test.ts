import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTranscript, type Transcript } from '../../../src/runtime/chat/transcript.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { compareEntryIds, parseEntryId } from '../../../src/runtime/platform/streams/index.ts'
import { parseWakeUp } from '../../../src/runtime/platform/streams/wake-up.ts'
import { entriesOf, loseTail } from '../../support/chat.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let transcript: Transcript
const chat = { feature: 'f', chat: 'c' }
const key = 'stream:f:c'
const TTL = 60_000

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
  transcript = createTranscript(redis, TTL)
})
afterAll(() => server.close())
beforeEach(() => redis.flushall())

const message = (seq: number, changes = {}) => ({
  run: 'r',
  attempt: 1,
  seq,
  kind: 'message' as const,
  data: `m${seq}`,
  ...changes,
})

async function write(count: number): Promise<void> {
  await transcript.start(chat, 'r', {})
  for (let seq = 0; seq < count; seq++) await transcript.append(chat, message(seq))
}

describe('starting a run', () => {
  it('is won by exactly one of 200 at once, and the others learn who won', async () => {
    const others = [server.connect(), server.connect(), server.connect()].map((client) =>
      createTranscript(client, TTL),
    )
    const starts = await Promise.all(
      Array.from({ length: 200 }, (_, i) => (others[i % 3] as Transcript).start(chat, `run-${i}`, {})),
    )
    const winners = starts.filter(({ won }) => won)
    expect(winners).toHaveLength(1)
    expect(new Set(starts.map(({ run }) => run))).toEqual(new Set([winners[0]?.run]))
    expect(await entriesOf(redis, key)).toHaveLength(1)
  })

  it('writes the input first and lets the stream expire', async () => {
    const state = await transcript.start(chat, 'r', { prompt: 'hi' })
    expect(state).toMatchObject({ won: true, run: 'r', kind: 'open', seq: -1 })
    expect(await transcript.first(chat)).toEqual({
      id: state.id,
      kind: 'open',
      data: '{"prompt":"hi"}',
      run: 'r',
      seq: -1,
    })
    const ttl = await redis.pttl(key)
    expect(ttl).toBeGreaterThan(0)
    expect(ttl).toBeLessThanOrEqual(TTL)
  })

  it('tells the state of the run that is there', async () => {
    await write(3)
    expect(await transcript.start(chat, 'other', {})).toMatchObject({
      won: false,
      run: 'r',
      kind: 'message',
      seq: 2,
      id: (await transcript.newest(chat))?.id,
    })
  })

  it('keeps chats apart', async () => {
    await transcript.start(chat, 'r', {})
    expect(await transcript.start({ feature: 'f', chat: 'd' }, 'r2', {})).toMatchObject({ won: true })
  })

  it('understands a stream that somebody else has written', async () => {
    await redis.xadd(key, '*', 'data', 'x')
    expect(await transcript.start(chat, 'r', {})).toMatchObject({
      won: false,
      run: '',
      kind: 'message',
      seq: -1,
    })
    await redis.xadd(key, '*', 'data', '[DONE]')
    expect(await transcript.start(chat, 'r', {})).toMatchObject({ won: false, kind: 'done' })
  })
})

describe('replacing a run', () => {
  it('is refused while the run is under way', async () => {
    await write(1)
    expect(await transcript.start(chat, 'new', {}, 'r')).toMatchObject({ won: false, run: 'r' })
  })

  it('is refused when another run has ended than the one named', async () => {
    await write(1)
    await transcript.append(chat, message(1, { kind: 'done' }))
    expect(await transcript.start(chat, 'new', {}, 'older')).toMatchObject({ won: false, run: 'r' })
  })

  it.each(['done', 'error'])(
    'takes the place of a run that has ended with %s, with larger ids',
    async (kind) => {
      await write(5)
      await transcript.append(chat, message(5, { kind }))
      const before = await transcript.newest(chat)
      const state = await transcript.start(chat, 'new', { prompt: 'again' }, 'r')
      expect(state).toMatchObject({ won: true, run: 'new', seq: -1 })
      expect(compareEntryIds(state.id, before?.id ?? '')).toBeGreaterThan(0)
      expect((await entriesOf(redis, key)).map(({ fields }) => fields.run)).toEqual(['new'])
    },
  )

  it('is won by exactly one of many at once', async () => {
    await write(0)
    await transcript.append(chat, message(0, { kind: 'done' }))
    const starts = await Promise.all(
      Array.from({ length: 50 }, (_, i) => transcript.start(chat, `new-${i}`, {}, 'r')),
    )
    expect(starts.filter(({ won }) => won)).toHaveLength(1)
  })
})

describe('appending', () => {
  it('writes each seq once: a repeat changes nothing', async () => {
    await write(2)
    expect(await transcript.append(chat, message(1, { data: 'other' }))).toEqual({
      status: 'duplicate',
      newest: 1,
    })
    expect(await transcript.messages(chat, 'r')).toEqual(['m0', 'm1'])
  })

  it('gives each entry the id of its predecessor plus one', async () => {
    await write(12)
    const ids = (await entriesOf(redis, key)).map(({ id }) => parseEntryId(id) ?? [0, 0])
    const [first] = ids
    expect(ids).toEqual(ids.map((_, i) => [first?.[0], (first?.[1] ?? 0) + i]))
  })

  it('announces each entry with its id on the channel named like the stream', async () => {
    const subscriber = server.connect('subscriber')
    const heard: string[] = []
    const third = Promise.withResolvers<void>()
    subscriber.on('message', (channel: string, message: string) => {
      expect(channel).toBe(key)
      if (heard.push(parseWakeUp(message).id) === 3) third.resolve()
    })
    await subscriber.subscribe(key)
    await write(2)
    await third.promise
    expect(heard).toEqual((await entriesOf(redis, key)).map(({ id }) => id))
  })

  it('refuses a seq whose predecessors are missing', async () => {
    await write(2)
    expect(await transcript.append(chat, message(4))).toEqual({ status: 'behind', newest: 1 })
  })

  it('refuses to write to a stream that is gone', async () => {
    expect(await transcript.append(chat, message(0))).toEqual({ status: 'gone', newest: -1 })
    expect(await redis.exists(key)).toBe(0)
  })

  it.each(['done', 'error'])('refuses to write after %s', async (kind) => {
    await write(1)
    await transcript.append(chat, message(1, { kind }))
    expect(await transcript.append(chat, message(2))).toEqual({ status: 'ended', newest: 1 })
    expect(await transcript.append(chat, message(1, { kind: 'done' }))).toMatchObject({ status: 'ended' })
  })

  it('refuses a run that has been replaced', async () => {
    await write(1)
    expect(await transcript.append(chat, message(1, { run: 'old' }))).toMatchObject({ status: 'superseded' })
  })

  it('refuses an attempt once a later one has written', async () => {
    await write(1)
    await transcript.append(chat, message(1, { attempt: 2 }))
    expect(await transcript.append(chat, message(2, { attempt: 1 }))).toMatchObject({ status: 'superseded' })
    expect(await transcript.append(chat, message(2, { attempt: 2 }))).toMatchObject({ status: 'written' })
    expect(await transcript.append(chat, message(3, { attempt: 10 }))).toMatchObject({ status: 'written' })
    expect(await transcript.append(chat, message(4, { attempt: 9 }))).toMatchObject({ status: 'superseded' })
  })

  it('lets an outsider end the run without knowing attempt and seq, once', async () => {
    await write(3)
    const end = { run: 'r', kind: 'error' as const, data: '{}' }
    expect(await transcript.append(chat, end)).toEqual({ status: 'written', newest: 3 })
    expect(await transcript.append(chat, end)).toMatchObject({ status: 'ended' })
  })

  it('gives an entry that was lost the same id when it is written again', async () => {
    await write(5)
    const before = await entriesOf(redis, key)
    await loseTail(redis, key, 2)
    expect(await transcript.append(chat, message(4))).toEqual({ status: 'behind', newest: 2 })
    await transcript.append(chat, message(3))
    await transcript.append(chat, message(4))
    expect(await entriesOf(redis, key)).toEqual(before)
  })

  it('keeps the data to the byte', async () => {
    const data = 'ä\u0000\n"\\ 👋 %s'
    await write(0)
    await transcript.append(chat, message(0, { data }))
    expect(await transcript.messages(chat, 'r')).toEqual([data])
  })

  it('puts the end of the stream off', async () => {
    await write(1)
    await redis.pexpire(key, 30_000)
    await transcript.append(chat, message(1))
    expect(await redis.pttl(key)).toBeGreaterThan(30_000)
  })
})

describe('touching', () => {
  it('puts the end of the stream off and writes nothing', async () => {
    await write(1)
    await redis.pexpire(key, 30_000)
    expect(await transcript.touch(chat, 'r', 1)).toBe('alive')
    expect(await redis.pttl(key)).toBeGreaterThan(30_000)
    expect(await redis.xlen(key)).toBe(2)
  })

  it('says why the run is no longer wanted', async () => {
    expect(await transcript.touch(chat, 'r', 1)).toBe('gone')
    await write(1)
    expect(await transcript.touch(chat, 'other', 1)).toBe('superseded')
    await transcript.append(chat, message(1, { attempt: 2 }))
    expect(await transcript.touch(chat, 'r', 1)).toBe('superseded')
    expect(await transcript.touch(chat, 'r', 2)).toBe('alive')
    expect(await transcript.touch(chat, 'r')).toBe('alive')
    await transcript.append(chat, message(2, { attempt: 2, kind: 'done' }))
    expect(await transcript.touch(chat, 'r', 2)).toBe('ended')
  })
})

describe('reading', () => {
  it('finds nothing in a chat that does not exist', async () => {
    expect(await transcript.first(chat)).toBeUndefined()
    expect(await transcript.newest(chat)).toBeUndefined()
    expect(await transcript.messages(chat, 'r')).toEqual([])
  })

  it('gives the messages of one run only, without its beginning and end', async () => {
    await write(2)
    await transcript.append(chat, message(2, { kind: 'done', data: '[DONE]' }))
    expect(await transcript.messages(chat, 'r')).toEqual(['m0', 'm1'])
    expect(await transcript.messages(chat, 'other')).toEqual([])
  })
})
