import { describe, expect, it } from 'vitest'
import { createCallers } from '../../../src/runtime/llm/service/callers.ts'

describe('who asks', () => {
  const anybody = createCallers([])

  it('is told by the digest of the key, however it was sent', () => {
    const tenant = anybody({ authorization: 'Bearer secret' })
    expect(tenant).toMatch(/^[0-9a-f]{32}$/)
    expect(anybody({ authorization: 'bearer  secret ' })).toBe(tenant)
    expect(anybody({ 'x-api-key': 'secret' })).toBe(tenant)
    expect(anybody({ 'x-api-key': 'other' })).not.toBe(tenant)
  })

  it.each([{}, { authorization: 'Basic dXNlcjpwYXNz' }, { 'x-api-key': '' }])(
    'is the public without one: %o',
    (headers) => {
      expect(anybody(headers)).toBe('public')
    },
  )

  it('must be known where keys are set', () => {
    const some = createCallers(['one', 'two'])
    expect(some({ 'x-api-key': 'two' })).toBe(anybody({ 'x-api-key': 'two' }))
    const refused = expect.objectContaining({ code: 'LLM_API_KEY_REQUIRED', status: 401 })
    expect(() => some({ 'x-api-key': 'three' })).toThrow(refused)
    expect(() => some({})).toThrow(refused)
  })
})
