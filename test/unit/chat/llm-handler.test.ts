import { describe, expect, it } from 'vitest'
import type { ChatContext, ChatInput } from '../../../src/runtime/chat/handler.ts'
import { createLlmHandler } from '../../../src/runtime/chat/handlers/llm.ts'
import { isFatal } from '../../../src/runtime/kernel/index.ts'
import { llmError } from '../../../src/runtime/llm/errors.ts'
import type { GenerateRequest, LlmAnswer } from '../../../src/runtime/llm/index.ts'
import { silent } from '../../support/redis.ts'

const controller = new AbortController()

/** A model that says two pieces, and what it was asked. */
function model() {
  const asked: { request: GenerateRequest; signal: AbortSignal | undefined }[] = []
  return {
    asked,
    async *stream(request: GenerateRequest, call: { signal?: AbortSignal | undefined } = {}) {
      asked.push({ request, signal: call.signal })
      yield 'Hello'
      yield ' there.'
      return {} as LlmAnswer
    },
  }
}

async function answer(body: Partial<ChatInput>, earlier: string[] = []) {
  const llm = model()
  const context = {
    signal: controller.signal,
    written: earlier.length,
    resume: async () => earlier,
  } as unknown as ChatContext
  const pieces: unknown[] = []
  const input = { feature_id: 'f', chat_id: 'c', ...body }
  for await (const piece of createLlmHandler(llm)(input, context)) pieces.push(piece)
  return { pieces, asked: llm.asked }
}

describe('the handler "llm"', () => {
  it('asks the prompt and yields the pieces of the answer', async () => {
    const { pieces, asked } = await answer({ prompt: 'Hi' })
    expect(pieces).toEqual(['Hello', ' there.'])
    expect(asked).toEqual([
      { request: { messages: [{ role: 'user', content: 'Hi' }] }, signal: controller.signal },
    ])
  })

  it('hands on a conversation', async () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ]
    expect((await answer({ messages })).asked[0]?.request.messages).toEqual(messages)
  })

  it('has the model go on where an earlier attempt stopped', async () => {
    const { asked } = await answer({ prompt: 'Count' }, ['one', ' two'])
    expect(asked[0]?.request.messages).toMatchObject([
      { role: 'user', content: 'Count' },
      { role: 'assistant', content: 'one two' },
      { role: 'user', content: expect.stringContaining('Go on') },
    ])
  })

  describe('whose replica dies', () => {
    const dead = llmError('LLM_UNREACHABLE', 'the connection broke')

    /** Says `counts[n]` pieces when it is asked for the n-th time, and then fails. */
    function dying(counts: number[], error: unknown = dead) {
      const asked: GenerateRequest[] = []
      return {
        asked,
        async *stream(request: GenerateRequest): AsyncGenerator<string, LlmAnswer> {
          const count = counts[asked.push(request) - 1]
          if (count === undefined) return {} as LlmAnswer
          yield* Array.from({ length: count }, (_, i) => `${asked.length}.${i} `)
          throw error
        },
      }
    }

    async function read(llm: ReturnType<typeof dying>, signal = controller.signal) {
      const pieces: unknown[] = []
      const context = { signal, written: 0, log: silent } as unknown as ChatContext
      const input = { feature_id: 'f', chat_id: 'c', prompt: 'Count' }
      const failure = await (async () => {
        for await (const piece of createLlmHandler(llm)(input, context)) pieces.push(piece)
      })().catch((error: unknown) => error)
      return { pieces, failure }
    }

    it('has another go on with what has been said', async () => {
      const llm = dying([2])
      expect(await read(llm)).toEqual({ pieces: ['1.0 ', '1.1 '], failure: undefined })
      expect(llm.asked[1]?.messages).toMatchObject([
        { role: 'user', content: 'Count' },
        { role: 'assistant', content: '1.0 1.1 ' },
        { role: 'user', content: expect.stringContaining('Go on') },
      ])
    })

    it.each([
      ['before the first piece', [0], dead, 1],
      ['again and again', [1, 1, 1, 1], dead, 3],
      ['for good', [1], llmError('LLM_MODEL_UNKNOWN', 'no such model'), 1],
    ])('fails when that happens %s', async (_when, counts, error, times) => {
      const llm = dying(counts, error)
      expect((await read(llm)).failure).toBe(error)
      expect(llm.asked).toHaveLength(times)
    })

    it('does not go on when nobody wants the answer', async () => {
      const llm = dying([1])
      expect((await read(llm, AbortSignal.abort('gone'))).failure).toBe('gone')
      expect(llm.asked).toHaveLength(1)
    })
  })

  it.each([
    ['nothing', {}, 'prompt'],
    ['an empty prompt', { prompt: ' ' }, 'prompt'],
    ['a role it does not know', { messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    ['content that is no text', { messages: [{ role: 'user', content: [1] }] }, 'messages[0].content'],
  ])('refuses %s for good, and names it', async (_what, body, named) => {
    const error: Error = await answer(body as Partial<ChatInput>).then(
      () => new Error('answered'),
      (cause) => cause,
    )
    expect(error.message).toContain(named)
    expect(isFatal(error)).toBe(true)
  })
})
