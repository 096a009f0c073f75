import { describe, expect, it } from 'vitest'
import { type GenerateRequest, generateBody } from '../../../src/runtime/llm/messages.ts'
import { promptOf } from '../../../src/runtime/llm/service/ask.ts'

const ask = (body: GenerateRequest) => promptOf(generateBody.parse(body), 'm')

describe('the prompt of a request', () => {
  it('holds what was given and nothing else', () => {
    expect(ask({ prompt: 'hi' })).toEqual({
      model: 'm',
      turns: [{ role: 'user', content: 'hi' }],
      maxTokens: 1_000,
    })
    expect(
      ask({
        prompt: 'hi',
        max_tokens: 5,
        temperature: 0,
        top_p: 0.5,
        stop: 'x',
        seed: 7,
        system: 'Be brief.',
      }),
    ).toEqual({
      model: 'm',
      turns: [{ role: 'user', content: 'hi' }],
      maxTokens: 5,
      temperature: 0,
      topP: 0.5,
      stop: ['x'],
      seed: 7,
      system: 'Be brief.',
    })
  })

  it('joins system messages to the system prompt, in their order', () => {
    const { system, turns } = ask({
      system: 'one',
      messages: [
        { role: 'system', content: 'two' },
        { role: 'user', content: 'hi' },
        { role: 'system', content: 'three' },
      ],
    })
    expect(system).toBe('one\n\ntwo\n\nthree')
    expect(turns).toEqual([{ role: 'user', content: 'hi' }])
  })

  it('refuses what asks nothing, and what is too much in all', () => {
    expect(() => ask({ messages: [{ role: 'system', content: 'x' }] })).toThrow(
      expect.objectContaining({ code: 'HTTP_INVALID', field: 'body.messages' }),
    )
    const half = 'x'.repeat(200_001)
    const messages = [half, half].map((content) => ({ role: 'user' as const, content }))
    expect(() => ask({ messages })).toThrow(/at most 400000 characters, not 400002/)
  })
})
