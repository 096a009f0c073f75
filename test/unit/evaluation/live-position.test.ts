import { describe, expect, it } from 'vitest'
import { toOutputEntry } from '../../../src/runtime/evaluation/service/output-entry.ts'
import {
  advance,
  BEGIN,
  newText,
  parsePosition,
  toEventId,
} from '../../../src/runtime/evaluation/service/position.ts'

describe('a position', () => {
  it('is the id of an event, and back', () => {
    for (const at of [
      BEGIN,
      { attempt: 2, stdout: 17, stderr: 1_048_576, ended: false },
      { ...BEGIN, ended: true },
    ])
      expect(parsePosition(toEventId(at))).toEqual(at)
    for (const id of [
      '',
      '1',
      '1-2',
      '1-2-3-4',
      '1-2-3-ended',
      '-1-2-3',
      '1-2-3456789012',
      '1700000000000-0',
    ])
      expect(() => parsePosition(id)).toThrow(expect.objectContaining({ code: 'HTTP_INVALID' }))
  })

  it('takes each character once', () => {
    const at = advance({ ...BEGIN, attempt: 1 }, 'stdout', 'abc')
    const entry = { attempt: 1, name: 'stdout' as const }
    expect(newText(at, { ...entry, text: 'def', at: 3 })).toBe('def')
    expect(newText(at, { ...entry, text: 'bcde', at: 1 })).toBe('de')
    expect(newText(at, { ...entry, text: 'ab', at: 0 })).toBe('')
    expect(newText(at, { ...entry, text: 'f', at: 5 })).toBe('')
    expect(newText(at, { ...entry, name: 'stderr', text: 'x', at: 0 })).toBe('x')
  })
})

it('an entry that nobody understands does no harm', () => {
  expect(toOutputEntry({ id: '1-0', fields: {} })).toEqual({
    ...{ kind: 'output', attempt: 1, name: 'stdout', text: '', at: 0 },
  })
  const fields = { kind: 'attempt', attempt: '3', name: 'x', at: '-' }
  expect(toOutputEntry({ id: '1-0', fields })).toMatchObject({ kind: 'attempt', attempt: 3, at: 0 })
})
