import { describe, expect, it } from 'vitest'
import { keyPattern, scriptKeys, sideKeys } from '../../../src/runtime/inspect/names.ts'

describe('keyPattern', () => {
  it.each([
    [undefined, false, 'agent:stream:*'],
    ['task.*', false, 'agent:stream:task.*'],
    ['*', false, 'agent:stream:*'],
    ['chat:*', false, 'chat:*'],
    [undefined, true, '*'],
    ['task*', true, 'task*'],
  ])('makes of %j, with --all %j, %j', (pattern, all, key) => {
    expect(keyPattern(pattern, all)).toBe(key)
  })
})

describe('side keys', () => {
  it('exist for streams of the event bus only', () => {
    expect(sideKeys('agent:stream:task.created', 'g')?.retries).toBe('{agent:stream:task.created}:retries:g')
    expect(sideKeys('agent:stream:response:1', 'g')).toBeUndefined()
    expect(sideKeys('tasks', 'g')).toBeUndefined()
  })

  it('are the stream itself for other streams, so that a script finds all its keys in one slot', () => {
    expect(new Set(scriptKeys('{x}:tasks', 'g'))).toEqual(new Set(['{x}:tasks']))
    expect(new Set(scriptKeys('agent:stream:a', 'g')).size).toBe(7)
    expect(scriptKeys('{x}:tasks', 'g')).toHaveLength(7)
  })
})
