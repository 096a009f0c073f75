import { describe, expect, it } from 'vitest'
import { isEnd, toChatEntry } from '../../../src/runtime/chat/entry.ts'
import { toFramedEntry } from '../../../src/runtime/chat/relay.ts'

describe('toChatEntry', () => {
  it('reads an entry of ours', () => {
    const fields = { data: '{}', kind: 'message', seq: '4', run: 'r', attempt: '2' }
    expect(toChatEntry({ id: '1-5', fields })).toEqual({
      id: '1-5',
      kind: 'message',
      data: '{}',
      run: 'r',
      seq: 4,
    })
  })

  it.each(['open', 'message', 'done', 'error'])('knows the kind %s', (kind) => {
    expect(toChatEntry({ id: '1-1', fields: { kind, data: 'x' } }).kind).toBe(kind)
  })

  it('takes a plain XADD of data for a message', () => {
    expect(toChatEntry({ id: '1-1', fields: { data: 'x' } })).toEqual({
      id: '1-1',
      kind: 'message',
      data: 'x',
      run: '',
      seq: -1,
    })
  })

  it('takes a plain [DONE] for the end', () => {
    expect(toChatEntry({ id: '1-1', fields: { data: '[DONE]' } }).kind).toBe('done')
  })

  it('takes an unknown kind for a message', () => {
    expect(toChatEntry({ id: '1-1', fields: { kind: 'constructor', data: 'x' } }).kind).toBe('message')
  })

  it('takes an entry without data for an empty message', () => {
    expect(toChatEntry({ id: '1-1', fields: { other: 'x' } })).toMatchObject({ kind: 'message', data: '' })
  })
})

describe('isEnd', () => {
  it('is true of done and error alone', () => {
    const ends = (['open', 'message', 'done', 'error'] as const).filter((kind) => isEnd({ kind }))
    expect(ends).toEqual(['done', 'error'])
  })
})

describe('the frame of an entry', () => {
  const frame = (kind: string, data: string) => toFramedEntry({ id: '1-1', fields: { kind, data } }).frame

  it('has the id and the data of a message', () => {
    expect(frame('message', '{"id":"0"}')).toBe('id: 1-1\ndata: {"id":"0"}\n\n')
  })

  it('is data: [DONE] at the end', () => {
    expect(frame('done', '[DONE]')).toBe('id: 1-1\ndata: [DONE]\n\n')
  })

  it('is an error event with an id, so that a client that comes back knows that it has the end', () => {
    expect(frame('error', '{"code":"X"}')).toBe('id: 1-1\nevent: error\ndata: {"code":"X"}\n\n')
  })

  it('is nothing for the opening entry', () => {
    expect(frame('open', '{}')).toBe('')
  })
})
