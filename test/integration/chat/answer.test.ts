import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answer } from '../../../src/runtime/chat/answer.ts'
import type { ChatHandler } from '../../../src/runtime/chat/handler.ts'
import { createRuns } from '../../../src/runtime/chat/runs.ts'
import { createTranscript, type Transcript } from '../../../src/runtime/chat/transcript.ts'
import { FatalError } from '../../../src/runtime/kernel/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { chatJob, entriesOf, handlerOf, loseTail } from '../../support/chat.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let transcript: Transcript
const chat = { feature: 'f', chat: 'c' }
const key = 'stream:f:c'

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
  transcript = createTranscript(redis, 60_000)
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
  await transcript.start(chat, 'r', {})
})

function run(job: ReturnType<typeof chatJob>, handler: ChatHandler, timeout = 30_000): Promise<void> {
  return answer(job, {
    transcript,
    handler,
    containerId: 'worker-1',
    containerFeatureId: 'default',
    timeout,
    log: silent,
  })
}

async function told(): Promise<{ messages: unknown[]; end: unknown }> {
  const entries = await entriesOf(redis, key)
  const messages = entries.filter(({ fields }) => fields.kind === 'message')
  const last = entries.at(-1)?.fields
  expect(messages.map(({ fields }) => fields.seq)).toEqual(messages.map((_, i) => String(i)))
  return {
    messages: messages.map(({ fields }) => JSON.parse(fields.data ?? '').message),
    end:
      last?.kind === 'done'
        ? last.data
        : last?.kind === 'error'
          ? JSON.parse(last.data ?? '').code
          : undefined,
  }
}

const never = () => new Promise<never>(() => {})
const five = handlerOf(async function* () {
  for (let i = 0; i < 5; i++) yield `text ${i}`
})

describe('answering a chat', () => {
  it('writes what the handler yields, then [DONE]', async () => {
    await run(chatJob(), five)
    expect(await told()).toEqual({
      messages: ['text 0', 'text 1', 'text 2', 'text 3', 'text 4'],
      end: '[DONE]',
    })
  })

  it('wraps each message in its envelope', async () => {
    await run(chatJob(), five)
    const [first] = await transcript.messages(chat, 'r')
    expect(JSON.parse(first ?? '')).toEqual({
      id: '0',
      feature_id: 'f',
      chat_id: 'c',
      message: 'text 0',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      container_id: 'worker-1',
      container_feature_id: 'default',
      worker: 'bullmq',
    })
  })

  it('gives the handler the ids, the input and what it may know', async () => {
    const seen: unknown[] = []
    const job = chatJob({ attempt: 3 })
    job.data.input = { prompt: 'hi' }
    await run(
      job,
      handlerOf(async function* (input, { attempt, written, signal }) {
        seen.push(input, attempt, written, signal.aborted)
        yield 'x'
      }),
    )
    expect(seen).toEqual([{ feature_id: 'f', chat_id: 'c', prompt: 'hi' }, 3, 0, false])
  })

  it('ends a chat without any message', async () => {
    await run(
      chatJob(),
      handlerOf(async function* () {}),
    )
    expect(await told()).toEqual({ messages: [], end: '[DONE]' })
  })

  it('opens the stream again under the same run when it expired in the queue', async () => {
    await redis.del(key)
    await run(chatJob(), five)
    expect(await told()).toMatchObject({ end: '[DONE]' })
  })

  it('does nothing when the chat has ended or was started anew', async () => {
    const handler = handlerOf(() => {
      throw new Error('must not be called')
    })
    await run(chatJob({ run: 'older' }), handler)
    await transcript.append(chat, { run: 'r', kind: 'done', data: '[DONE]' })
    await run(chatJob(), handler)
    expect(await told()).toEqual({ messages: [], end: '[DONE]' })
  })

  it('lets the handler clean up when it is done', async () => {
    let cleaned = false
    await run(
      chatJob(),
      handlerOf(async function* () {
        try {
          yield 'x'
        } finally {
          cleaned = true
        }
      }),
    )
    expect(cleaned).toBe(true)
  })
})

describe('a handler that fails', () => {
  const failsAt = (count: number, error: unknown = new Error('model is away')) =>
    handlerOf(async function* () {
      for (let i = 0; i < count; i++) yield `text ${i}`
      throw error
    })

  it('is tried again, and repeats no message', async () => {
    await expect(run(chatJob(), failsAt(3))).rejects.toThrow('model is away')
    expect(await told()).toMatchObject({ messages: ['text 0', 'text 1', 'text 2'], end: undefined })
    await run(chatJob({ attempt: 2 }), five)
    expect(await told()).toEqual({
      messages: ['text 0', 'text 1', 'text 2', 'text 3', 'text 4'],
      end: '[DONE]',
    })
  })

  it('may continue where the last attempt stopped', async () => {
    await run(chatJob(), failsAt(2)).catch(() => {})
    await run(
      chatJob({ attempt: 2 }),
      handlerOf(async function* (_input, context) {
        yield `after ${context.written}: ${(await context.resume()).join(', ')}`
      }),
    )
    expect(await told()).toEqual({ messages: ['text 0', 'text 1', 'after 2: text 0, text 1'], end: '[DONE]' })
  })

  it('is told that nothing was written when it resumes a first attempt', async () => {
    await run(
      chatJob(),
      handlerOf(async function* (_input, context) {
        yield await context.resume()
      }),
    )
    expect(await told()).toEqual({ messages: [[]], end: '[DONE]' })
  })

  it('ends the chat with CHAT_HANDLER_FAILED at its last attempt', async () => {
    await expect(run(chatJob({ last: true }), failsAt(1))).rejects.toMatchObject({ name: 'FatalError' })
    expect(await told()).toEqual({ messages: ['text 0'], end: 'CHAT_HANDLER_FAILED' })
  })

  it('ends the chat at once when it says that trying again cannot help', async () => {
    await expect(run(chatJob(), failsAt(1, new FatalError('no such model')))).rejects.toThrow('no such model')
    expect(await told()).toMatchObject({ end: 'CHAT_HANDLER_FAILED' })
  })

  it.each([['text'], [undefined], [{ code: 7 }]])('may throw %j', async (thrown) => {
    await expect(run(chatJob({ last: true }), failsAt(0, thrown))).rejects.toThrow()
    expect(await told()).toMatchObject({ end: 'CHAT_HANDLER_FAILED' })
  })

  it('may fail before it returns anything', async () => {
    const handler = handlerOf(() => {
      throw new Error('at once')
    })
    await expect(run(chatJob({ last: true }), handler)).rejects.toThrow('at once')
    expect(await told()).toEqual({ messages: [], end: 'CHAT_HANDLER_FAILED' })
  })
})

describe('a handler that yields what is no message', () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a number', 7],
    ['a function', () => {}],
    ['a BigInt inside', { n: 1n }],
    ['a circle', circular],
    ['more than a MiB', 'x'.repeat(1024 * 1024)],
  ])('fails for good: %s', async (_what, value) => {
    const handler = handlerOf(async function* () {
      yield 'fine'
      yield value
    })
    await expect(run(chatJob(), handler)).rejects.toMatchObject({ name: 'FatalError' })
    expect(await told()).toEqual({ messages: ['fine'], end: 'CHAT_MESSAGE_INVALID' })
  })

  it.each([
    ['an empty string', ''],
    ['an array', [1, 2]],
    ['an object', { delta: { text: 'ä\n"' } }],
    ['[DONE] itself', '[DONE]'],
  ])('does not fail on %s', async (_what, value) => {
    await run(
      chatJob(),
      handlerOf(async function* () {
        yield value
      }),
    )
    expect(await told()).toEqual({ messages: [value], end: '[DONE]' })
  })

  it.each([
    ['nothing', undefined],
    ['a string', 'text'],
    ['an array', ['a', 'b']],
  ])('fails for good when it returns %s', async (_what, value) => {
    const handler = handlerOf(() => value as never)
    await expect(run(chatJob(), handler)).rejects.toMatchObject({ name: 'FatalError' })
    expect(await told()).toEqual({ messages: [], end: 'CHAT_HANDLER_INVALID' })
  })

  it('fails for good with CHAT_TOO_LONG after ten thousand messages', async () => {
    const endless = handlerOf(async function* () {
      for (;;) yield '.'
    })
    // However long a busy machine takes for them.
    await expect(run(chatJob(), endless, 600_000)).rejects.toMatchObject({ name: 'FatalError' })
    const { messages, end } = await told()
    expect(messages).toHaveLength(10_000)
    expect(end).toBe('CHAT_TOO_LONG')
  })
})

describe('a handler that takes too long', () => {
  /** Milliseconds: its first message is to be written by then, also on a busy machine. */
  const BRIEF = 3_000

  it('is told to stop, and the chat ends with CHAT_TIMEOUT', async () => {
    let reason: unknown
    const patient = handlerOf(async function* (_input, { signal }) {
      yield 'begun'
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          reason = signal.reason
          reject(reason)
        }),
      )
    })
    await expect(run(chatJob(), patient, BRIEF)).rejects.toMatchObject({ name: 'FatalError' })
    expect(await told()).toEqual({ messages: ['begun'], end: 'CHAT_TIMEOUT' })
    expect(reason).toMatchObject({ code: 'CHAT_TIMEOUT' })
  })

  it('does not hang the worker when it ignores that', async () => {
    const deaf = handlerOf(async function* () {
      yield 'begun'
      await never()
    })
    await expect(run(chatJob(), deaf, BRIEF)).rejects.toMatchObject({ name: 'FatalError' })
    expect(await told()).toEqual({ messages: ['begun'], end: 'CHAT_TIMEOUT' })
  })
})

describe('an answer that is no longer wanted', () => {
  /** Resolves `begun` with its signal, then yields nothing more. */
  function waiting() {
    const begun = Promise.withResolvers<AbortSignal>()
    const handler = handlerOf(async function* (_input, { signal }) {
      yield 'begun'
      begun.resolve(signal)
      await never()
    })
    return { begun: begun.promise, handler }
  }

  it('stops soon after the chat is cancelled, and is no failure', async () => {
    const { begun, handler } = waiting()
    const running = run(chatJob(), handler)
    const signal = await begun
    const runs = createRuns(transcript, { remove: async () => {} } as never)
    await runs.cancel(chat)
    await running
    expect(signal.aborted).toBe(true)
    expect(await told()).toEqual({ messages: ['begun'], end: 'CHAT_CANCELLED' })
  })

  it('stops when its stream is gone', async () => {
    const { begun, handler } = waiting()
    const running = run(chatJob(), handler)
    await begun
    await redis.flushall()
    await running
    expect(await redis.exists(key)).toBe(0)
  })

  it('stops when a later attempt has written', async () => {
    const { begun, handler } = waiting()
    const running = run(chatJob(), handler)
    await begun
    await run(chatJob({ attempt: 2 }), five)
    await running
    expect(await told()).toMatchObject({ end: '[DONE]' })
  })

  it('writes nothing more at the next message', async () => {
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const handler = handlerOf(async function* () {
      yield 'a'
      begun.resolve()
      await gate.promise
      yield 'b'
    })
    const running = run(chatJob(), handler)
    await begun.promise
    await transcript.append(chat, { run: 'r', kind: 'done', data: '[DONE]' })
    gate.resolve()
    await running
    expect(await told()).toEqual({ messages: ['a'], end: '[DONE]' })
  })

  it('is handed back unfinished when the worker shuts down', async () => {
    const { begun, handler } = waiting()
    const job = chatJob({ last: true })
    const running = run(job, handler)
    await begun
    job.abort()
    await expect(running).rejects.toThrow('the worker is shutting down')
    expect(await told()).toEqual({ messages: ['begun'], end: undefined })
  })

  it('keeps its stream from expiring as long as it works', async () => {
    const { begun, handler } = waiting()
    const job = chatJob()
    const running = run(job, handler)
    await begun
    await redis.pexpire(key, 30_000)
    await expect.poll(() => redis.pttl(key), { timeout: 10_000 }).toBeGreaterThan(30_000)
    job.abort()
    await running.catch(() => {})
  })
})

describe('when Redis comes back without its last second', () => {
  it('the lost messages are written again under their old ids', async () => {
    const lost: unknown[] = []
    await run(
      chatJob(),
      handlerOf(async function* () {
        for (let i = 0; i < 4; i++) yield `text ${i}`
        lost.push(...(await entriesOf(redis, key)))
        await loseTail(redis, key, 3)
        yield 'text 4'
      }),
    )
    expect(await told()).toEqual({
      messages: ['text 0', 'text 1', 'text 2', 'text 3', 'text 4'],
      end: '[DONE]',
    })
    expect((await entriesOf(redis, key)).slice(0, lost.length)).toEqual(lost)
  })

  it('also when the loss is seen only at the end', async () => {
    await run(
      chatJob(),
      handlerOf(async function* () {
        for (let i = 0; i < 4; i++) yield `text ${i}`
        await loseTail(redis, key, 4)
      }),
    )
    expect(await told()).toEqual({ messages: ['text 0', 'text 1', 'text 2', 'text 3'], end: '[DONE]' })
  })

  it('also in an attempt that continued another', async () => {
    await transcript.append(chat, {
      run: 'r',
      attempt: 1,
      seq: 0,
      kind: 'message',
      data: '{"message":"old"}',
    })
    await run(
      chatJob({ attempt: 2 }),
      handlerOf(async function* (_input, { resume }) {
        await resume()
        yield 'new'
        await loseTail(redis, key, 2)
        yield 'newer'
      }),
    )
    expect(await told()).toEqual({ messages: ['old', 'new', 'newer'], end: '[DONE]' })
  })
})

describe('a later attempt that yields less than an earlier one', () => {
  const three = handlerOf(async function* () {
    yield* ['a', 'b', 'c']
    throw new Error('crash')
  })

  it('still ends the chat', async () => {
    await expect(run(chatJob(), three)).rejects.toThrow('crash')
    const one = handlerOf(async function* () {
      yield 'a'
    })
    await run(chatJob({ attempt: 2 }), one)
    expect(await told()).toEqual({ messages: ['a', 'b', 'c'], end: '[DONE]' })
  })

  it('still says why it failed', async () => {
    await expect(run(chatJob(), three)).rejects.toThrow('crash')
    const hangs = handlerOf(async function* () {
      await never()
      yield ''
    })
    await expect(run(chatJob({ attempt: 2 }), hangs, 50)).rejects.toThrow()
    expect((await told()).end).toBe('CHAT_TIMEOUT')
  })
})

describe('a job that was given to another queue', () => {
  it('counts its attempts from what is in the stream, not from one', async () => {
    await transcript.append(chat, { run: 'r', attempt: 2, seq: 0, kind: 'message', data: '{"message":"x"}' })
    await run(chatJob({ attempt: 1 }), five)
    expect((await told()).end).toBe('[DONE]')
  })
})

describe('a handler that is an async function', () => {
  it('fails its chat and nothing else', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listener)
    const failing = (async () => {
      throw new Error('nobody waits for this')
    }) as unknown as ChatHandler
    await expect(run(chatJob(), failing)).rejects.toThrow()
    await new Promise((turn) => setImmediate(turn))
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
    expect((await told()).end).toBe('CHAT_HANDLER_INVALID')
  })
})
