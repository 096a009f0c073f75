import { describe, expect, it } from 'vitest'
import {
  checkEventType,
  deadLetterKey,
  groupKeys,
  isEventType,
  isResponseStream,
  lossesKey,
  publishedKeys,
  responseKey,
  streamKey,
  typeOfDeadLetters,
  typeOfStream,
} from '../../../src/runtime/bus/index.ts'

/** What Redis takes of a key to find its slot. */
const slotted = (key: string) => /\{(.+?)\}/.exec(key)?.[1] ?? key

describe('event types', () => {
  it.each(['a', '0', 'task.created', 'a-b_c.d-e.f2', 'x'.repeat(200)])('allows %s', (type) => {
    expect(isEventType(type)).toBe(true)
    expect(checkEventType(type)).toBe(type)
  })

  it.each([
    ['upper case', 'Task.created'],
    ['nothing', ''],
    ['an empty word', 'a..b'],
    ['a dot at the beginning', '.a'],
    ['a dot at the end', 'a.'],
    ['a dash at the beginning of a word', 'a.-b'],
    ['a colon, as in the streams of responses', 'response:1'],
    ['a pattern', 'task.*'],
    ['a hash tag', '{a}'],
    ['a line break at the end', 'a\n'],
    ['other letters', 'tâche.créée'],
    ['more than 200 characters', 'x'.repeat(201)],
  ])('refuses %s', (_, type) => {
    expect(isEventType(type)).toBe(false)
    expect(() => checkEventType(type)).toThrow(expect.objectContaining({ code: 'EVENT_TYPE_INVALID' }))
  })

  it('refuses what is no text, naming the field', () => {
    for (const type of [undefined, 7, null, ['a']])
      expect(() => checkEventType(type)).toThrow(
        expect.objectContaining({ code: 'EVENT_TYPE_INVALID', field: 'type' }),
      )
  })
})

describe('names of streams', () => {
  it('are those every program uses', () => {
    expect(streamKey('task.created')).toBe('agent:stream:task.created')
    expect(responseKey('550e8400')).toBe('agent:stream:response:550e8400')
    expect(deadLetterKey('task.created', false)).toBe('agent:dlq:task.created')
  })

  it('lead back to the type', () => {
    expect(typeOfStream('agent:stream:task.created')).toBe('task.created')
    expect(typeOfStream('agent:stream:response:1')).toBeUndefined()
    expect(typeOfStream('stream:task.created')).toBeUndefined()
    for (const cluster of [false, true])
      expect(typeOfDeadLetters(deadLetterKey('task.created', cluster))).toBe('task.created')
    expect(typeOfDeadLetters('agent:dlq:{agent:stream:a}b')).toBeUndefined()
    expect(typeOfDeadLetters('agent:stream:a')).toBeUndefined()
  })

  it('tell a stream of responses from others', () => {
    expect(isResponseStream('agent:stream:response:1')).toBe(true)
    expect(isResponseStream('agent:stream:response:')).toBe(false)
    expect(isResponseStream('agent:stream:response')).toBe(false)
    expect(isResponseStream('x:agent:stream:response:1')).toBe(false)
  })
})

describe('keys beside a stream', () => {
  const stream = streamKey('task.created')
  const besides = [
    ...publishedKeys(stream),
    lossesKey(stream),
    ...Object.values(groupKeys(stream, 'agent-group')),
    ...Object.values(groupKeys(stream, 'a {group} of: others')),
    deadLetterKey('task.created', true),
  ]

  it('are in the slot of the stream, so that one step can change them together', () => {
    expect(besides.map(slotted)).toEqual(besides.map(() => stream))
  })

  it('are all different', () => {
    expect(new Set(besides).size).toBe(besides.length)
  })
})
