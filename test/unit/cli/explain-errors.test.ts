import { describe, expect, it } from 'vitest'
import { explainErrors } from '../../../src/cli/explain-errors.ts'
import { nearWords } from '../../../src/runtime/kernel/index.ts'

describe('an error code', () => {
  it('is explained, however it is written', () => {
    expect(explainErrors('chat_busy')).toMatchObject([{ code: 'CHAT_BUSY', room: 'chat' }])
    expect(explainErrors().length).toBeGreaterThan(100)
  })

  it.each([
    ['CHAT_BUSSY', 'did you mean CHAT_BUSY'],
    ['REDIS_UNREACHABEL', 'did you mean REDIS_UNREACHABLE'],
    ['context', 'did you mean CONTEXT_'],
  ])('%s that does not exist suggests: %s', (code, hint) => {
    expect(() => explainErrors(code)).toThrow(
      expect.objectContaining({ code: 'ERROR_CODE_UNKNOWN', message: expect.stringContaining(hint) }),
    )
  })

  it('that is like no other suggests nothing', () => {
    expect(() => explainErrors('XQZJW')).toThrow(/^XQZJW is no error code of this version$/)
  })
})

describe('near words', () => {
  it('are those with few changes, the nearest first', () => {
    expect(nearWords('prd', ['prod', 'production', 'staging'])).toEqual(['prod'])
    expect(nearWords('redisUlr', ['redisUrl', 'redisHost'])).toEqual(['redisUrl'])
    expect(nearWords('a', ['b', 'c'])).toEqual([])
    expect(nearWords('anything', [])).toEqual([])
  })
})
