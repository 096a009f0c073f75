import { describe, expect, it } from 'vitest'
import { parseJson } from '../../../src/runtime/kernel/index.ts'

describe('parseJson', () => {
  it.each([
    '{"apiPassword": hidden}',
    'hidden',
    '{"a": "hidden',
    '["x\nhidden"]',
    `{"a": hidden${' '.repeat(99)}}`,
  ])('says that it is no JSON, and not what it is: %j', (text) => {
    expect(() => parseJson(text)).toThrow(/^no valid JSON: \w/)
    expect(() => parseJson(text)).not.toThrow(/hidden/)
  })

  it('reads what is', () => {
    expect(parseJson('{"a":[1]}')).toEqual({ a: [1] })
  })
})
