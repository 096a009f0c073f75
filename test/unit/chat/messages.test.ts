import { describe, expect, it } from 'vitest'
import { chatBody, chatQuery, streamQuery } from '../../../src/runtime/chat/messages.ts'

describe('feature_id and chat_id', () => {
  const parse = (chat_id: unknown) => chatQuery.safeParse({ feature_id: 'f', chat_id })

  it.each(['a', 'chat-1', '0', ' ', '名前', 'é👋', '{tag}', '*?[x]', '../../etc', 'x'.repeat(256)])(
    'may be %j',
    (id) => {
      expect(parse(id).success).toBe(true)
    },
  )

  it.each([
    ['empty', ''],
    ['a colon', 'a:b'],
    ['a newline', 'a\nb'],
    ['a null', 'a\u0000'],
    ['an escape', '\u001b[2J'],
    ['a C1 control', 'a\u0085b'],
    ['a delete', 'a\u007f'],
    ['a line separator', 'a\u2028b'],
    ['half a surrogate pair', 'a\ud800'],
    ['257 characters', 'x'.repeat(257)],
    ['an array', ['a', 'b']],
    ['a number', 7],
    ['missing', undefined],
  ])('may not be or hold %s', (_what, id) => {
    const { success, error } = parse(id)
    expect(success).toBe(false)
    expect(error?.issues[0]).toMatchObject({
      path: ['chat_id'],
      message: expect.stringContaining('chat_id'),
    })
  })

  it('both have to be there, and nothing else', () => {
    expect(chatQuery.safeParse({ feature_id: 'f' }).success).toBe(false)
    expect(chatQuery.safeParse({ chat_id: 'c' }).success).toBe(false)
    expect(
      chatQuery.safeParse({ feature_id: 'f', chat_id: 'c', chatid: 'x' }).error?.issues[0],
    ).toMatchObject({
      code: 'unrecognized_keys',
      keys: ['chatid'],
    })
  })

  it('may come with a cursor when streaming', () => {
    expect(streamQuery.safeParse({ feature_id: 'f', chat_id: 'c', last_event_id: '1-1' }).success).toBe(true)
    expect(chatQuery.safeParse({ feature_id: 'f', chat_id: 'c', last_event_id: '1-1' }).success).toBe(false)
  })
})

describe('the body of a chat', () => {
  it.each([
    [{}],
    [{ prompt: 'hi' }],
    [{ prompt: '' }],
    [{ messages: [] }],
    [{ messages: [{ role: 'user', content: 'hi' }] }],
    [{ messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }], name: 'ann' }] }],
  ])('may be %j', (body) => {
    expect(chatBody.parse(body)).toEqual(body)
  })

  it.each([
    [{ prompt: 7 }],
    [{ prompt: null }],
    [{ messages: 'hi' }],
    [{ messages: [{ content: 'hi' }] }],
    [{ messages: [{ role: 7, content: 'hi' }] }],
    [{ messages: ['hi'] }],
    [{ promt: 'hi' }],
    [{ prompt: 'hi', messages: [] }],
    [[]],
    ['hi'],
  ])('may not be %j', (body) => {
    expect(chatBody.safeParse(body).success).toBe(false)
  })
})
