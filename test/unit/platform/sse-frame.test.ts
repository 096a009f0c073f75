import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { describe, expect, it } from 'vitest'
import { sseFrame } from '../../../src/runtime/platform/http/sse.ts'

function parse(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  createParser({ onEvent: (event) => events.push(event) }).feed(text)
  return events
}

describe('sseFrame', () => {
  it('writes id, event and data, and ends with an empty line', () => {
    expect(sseFrame('x', { id: '1-2', event: 'gap' })).toBe('id: 1-2\nevent: gap\ndata: x\n\n')
    expect(sseFrame('x')).toBe('data: x\n\n')
  })

  it('gives every line of the data a field of its own', () => {
    expect(sseFrame('a\nb\r\nc\rd')).toBe('data: a\ndata: b\ndata: c\ndata: d\n\n')
  })

  it.each(['', ' leading space', 'a\n\nb', '\n', 'event: error\nid: 9', 'data: x\n\ndata: y', ': comment'])(
    'brings %j through as one event',
    (data) => {
      expect(parse(sseFrame(data, { id: '1-1' }))).toEqual([
        expect.objectContaining({ id: '1-1', event: undefined, data }),
      ])
    },
  )
})
