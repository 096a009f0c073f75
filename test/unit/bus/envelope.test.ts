import { describe, expect, it } from 'vitest'
import { checkEventId, decodeEvent, encodeData, MAX_DATA, toWire } from '../../../src/runtime/bus/envelope.ts'
import { UndecodableError } from '../../../src/runtime/bus/index.ts'

const STREAM = 'agent:stream:task.created'
const ID = '1767268800000-3'
const decode = (fields: Record<string, string>, stream = STREAM) => decodeEvent(stream, { id: ID, fields })

describe('the id of an event', () => {
  it.each(['550e8400-e29b-41d4-a716-446655440000', 'a', 'order.1_2-3', 'x'.repeat(128)])(
    'may be %s',
    (id) => {
      expect(checkEventId(id)).toBe(id)
    },
  )

  it.each(['', ' ', 'a b', '-a', 'a:b', '{a}', 'x'.repeat(129), 'a\n'])('may not be %j', (id) => {
    expect(() => checkEventId(id)).toThrow(
      expect.objectContaining({ code: 'EVENT_ID_INVALID', field: 'event_id' }),
    )
  })
})

describe('the data of an event', () => {
  it('is any JSON value', () => {
    for (const data of [null, 0, false, '', 'text', [1, [2]], { a: { b: null } }])
      expect(JSON.parse(encodeData(data))).toEqual(data)
  })

  it('is refused when it is no JSON', () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    for (const data of [undefined, () => 1, Symbol('s'), 1n, circular])
      expect(() => encodeData(data)).toThrow(
        expect.objectContaining({ code: 'EVENT_DATA_INVALID', field: 'data' }),
      )
  })

  it('has at most a megabyte, counted in bytes', () => {
    const largest = 'x'.repeat(MAX_DATA - 2) // and two quotes
    expect(encodeData(largest)).toHaveLength(MAX_DATA)
    const tooLarge = expect.objectContaining({ code: 'EVENT_TOO_LARGE', status: 413, field: 'data' })
    expect(() => encodeData(`${largest}x`)).toThrow(tooLarge)
    const half = Math.floor((MAX_DATA - 2) / 2)
    expect(encodeData('é'.repeat(half))).toBeDefined()
    expect(() => encodeData('é'.repeat(half + 1))).toThrow(tooLarge)
    expect(() => encodeData('€'.repeat(Math.ceil(MAX_DATA / 3)))).toThrow(tooLarge)
  })
})

describe('decoding an entry', () => {
  it('gives the event as it was written', () => {
    const fields = {
      event_id: 'e1',
      event_type: 'task.created',
      timestamp: '2026-01-01T12:00:00.000Z',
      data: '{"n":1}',
      version: '2',
      traceparent: 't',
      other: 'ignored',
    }
    expect(decode(fields)).toEqual({
      entryId: ID,
      eventId: 'e1',
      type: 'task.created',
      timestamp: fields.timestamp,
      data: { n: 1 },
      version: '2',
      traceparent: 't',
    })
  })

  it('takes the type from the stream and the time from the entry id where a foreign publisher is sloppy', () => {
    const event = decode({ event_id: 'e1', event_type: 'another.one', data: 'null' })
    expect(event).toMatchObject({ type: 'task.created', timestamp: '2026-01-01T12:00:00.000Z', data: null })
    expect(decode({ event_id: 'e1', event_type: 't', data: '1' }, 'elsewhere').type).toBe('t')
  })

  it.each([
    ['without event_id', { data: '1' }, /event_id/],
    ['with an empty event_id', { event_id: '', data: '1' }, /event_id/],
    ['without data', { event_id: 'e1' }, /data is missing/],
    ['with data that is no JSON', { event_id: 'e1', data: '{' }, /no JSON/],
    ['with empty data', { event_id: 'e1', data: '' }, /no JSON/],
    ['with too much data', { event_id: 'e1', data: `"${'x'.repeat(MAX_DATA)}"` }, /characters/],
  ])('fails %s', (_, fields, reason) => {
    expect(() => decode(fields as Record<string, string>)).toThrow(UndecodableError)
    expect(() => decode(fields as Record<string, string>)).toThrow(reason)
  })
})

describe('a request', () => {
  const request = (data: unknown) => decode({ event_id: 'e1', data: JSON.stringify(data) })

  it('names the stream of its reply in its data; the handler gets the data without', () => {
    const event = request({ n: 1, response_stream: 'agent:stream:response:e1', response_deadline: 5 })
    expect(event).toMatchObject({
      data: { n: 1 },
      responseStream: 'agent:stream:response:e1',
      deadline: 5,
    })
    expect(Object.keys(event.data as object)).toEqual(['n'])
  })

  it('needs no deadline', () => {
    const event = request({ n: 1, response_stream: 'agent:stream:response:e1' })
    expect(event.responseStream).toBe('agent:stream:response:e1')
    expect('deadline' in event).toBe(false)
    const text = request({ response_stream: 'agent:stream:response:e1', response_deadline: 'soon' })
    expect('deadline' in text).toBe(false)
  })

  it.each([
    'agent:stream:task.created',
    'agent:stream:response:',
    'other',
    7,
    null,
    ['agent:stream:response:1'],
  ])('is none when it wants its reply written to %j: the data stays as it is', (stream) => {
    const event = request({ n: 1, response_stream: stream })
    expect(event.responseStream).toBeUndefined()
    expect(event.data).toEqual({ n: 1, response_stream: stream })
  })

  it('is none when its data is no object', () => {
    for (const data of [null, 'response_stream', ['response_stream']])
      expect(request(data).responseStream).toBeUndefined()
  })
})

describe('an event outside of this process', () => {
  it('has the names of its fields in Redis, and only those it has', () => {
    const event = decode({ event_id: 'e1', data: '[1]', timestamp: 't' })
    expect(toWire(event)).toEqual({
      id: ID,
      event_id: 'e1',
      event_type: 'task.created',
      timestamp: 't',
      data: [1],
    })
    const rich = { ...event, version: '1', traceparent: 'p', responseStream: 'r' }
    expect(toWire(rich)).toMatchObject({ version: '1', traceparent: 'p', response_stream: 'r' })
  })
})
