import { describe, expect, it } from 'vitest'
import { isDatabaseAway, isDatabaseRefusing, isDataError } from '../../../src/runtime/platform/sql/trouble.ts'

const coded = (code: string) => Object.assign(new Error(`failed with ${code}`), { code })
const judged = (error: unknown) => [isDatabaseAway(error), isDatabaseRefusing(error), isDataError(error)]

describe('trouble with a database', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    '57P01',
    '57P02',
    '57P03',
    '08006',
    '53300',
    '53100',
    '25006',
    '25P03',
  ])('is its being away: %s', (code) => expect(judged(coded(code))).toEqual([true, false, false]))

  it.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Connection terminated due to connection timeout',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ])('is its being away: %s', (message) => expect(judged(new Error(message))).toEqual([true, false, false]))

  it('is its being away when every address of it is', () => {
    expect(isDatabaseAway(new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]))).toBe(true)
    expect(isDatabaseAway(new AggregateError([coded('ECONNREFUSED'), coded('28P01')]))).toBe(false)
    expect(isDatabaseAway(new Error('wrapped', { cause: coded('ECONNRESET') }))).toBe(true)
  })

  it.each(['28P01', '28000', '3D000'])('is its refusing us: %s', (code) =>
    expect(judged(coded(code))).toEqual([false, true, false]),
  )

  it.each(['22003', '22P05', '23505', '54000'])('is what it was given: %s', (code) =>
    expect(judged(coded(code))).toEqual([false, false, true]),
  )

  it.each([coded('42P01'), coded('40P01'), coded('57014'), new TypeError('x'), 'text', undefined])(
    'is something else: %s',
    (error) => expect(judged(error)).toEqual([false, false, false]),
  )
})
