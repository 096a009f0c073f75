import { describe, expect, it } from 'vitest'
import type { ChatContext, ChatInput } from '../../../src/runtime/chat/handler.ts'
import { createLlmHandler } from '../../../src/runtime/chat/handlers/llm.ts'
import { isFatal } from '../../../src/runtime/kernel/index.ts'
import type { GenerateRequest, LlmAnswer } from '../../../src/runtime/llm/index.ts'

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
