import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../src/runtime/campaigns/events/canonical.ts'
import { checkEvent, parseEvent } from '../../../src/runtime/campaigns/events/check.ts'
import { checkAll } from '../../../src/runtime/campaigns/events/registration.ts'
import { MAX_DATA, MAX_DATA_DEPTH } from '../../../src/runtime/campaigns/index.ts'
import { AgentctlError } from '../../../src/runtime/kernel/index.ts'

const check = (given: unknown) => checkEvent(parseEvent(given))
const rowOf = (given: unknown) => JSON.parse(check(given).json)
const hashOf = (given: unknown) => check(given).content_hash

function refusal(given: unknown): AgentctlError {
  try {
    check(given)
  } catch (error) {
    if (error instanceof AgentctlError) return error
    throw error
  }
  throw new Error('it was taken')
}

const nested = (levels: number): unknown => (levels === 1 ? {} : { a: nested(levels - 1) })

describe('an event that is registered', () => {
  it('becomes a row', () => {
    expect(
      rowOf({
        event_id: 'e',
        user_id: 'u',
        amount: 150,
        occurred_at: '2026-03-01T01:00:00+01:00',
        data: { b: 1, a: 2 },
      }),
    ).toMatchObject({
      ...{ event_id: 'e', user_id: 'u', merchant_id: null, amount: '150', currency: null },
      ...{ occurred_at: '2026-03-01T00:00:00.000Z', data: { b: 1, a: 2 } },
    })
    expect(rowOf({})).toMatchObject({ event_id: expect.stringMatching(/^[\da-f-]{36}$/), occurred_at: null })
    // Whoever compares whole objects sees the order that was given.
    expect(check({ data: { b: 1, a: 2 } }).json).toContain('{"b":1,"a":2}')
  })

  it('has the same hash however the same is written', () => {
    const one = hashOf({
      event_id: 'e',
      amount: 150,
      occurred_at: '2026-03-01T00:00:00Z',
      data: { a: 1, b: [{ c: 1, d: 2 }] },
    })
    const other = {
      occurred_at: '2026-03-01T02:00:00.000+02:00',
      amount: '0150.00',
      user_id: null,
      event_id: 'e',
    }
    expect(hashOf({ ...other, data: { b: [{ d: 2, c: 1 }], a: 1 } })).toBe(one)
    expect(hashOf({ event_id: 'x' })).toBe(hashOf({ event_id: 'y', data: {} }))
  })

  it.each([
    [{ user_id: 'a' }, { merchant_id: 'a' }],
    [{ amount: 1 }, { amount: -1 }],
    [{ amount: 0 }, {}],
    [{ data: { a: 1 } }, { data: { a: '1' } }],
    [{ data: { a: [1, 2] } }, { data: { a: [2, 1] } }],
    [{ data: { a: null } }, { data: {} }],
    [{ data: { 'a":1,"b': 1 } }, { data: { a: 1, b: 1 } }],
    [{ occurred_at: '2026-03-01T00:00:00Z' }, {}],
  ])('has another hash when it is another one: %j and %j', (one, other) => {
    expect(hashOf(one)).not.toBe(hashOf(other))
  })

  it.each([
    [{ amount: 'NaN' }, 'amount'],
    [{ amount: Number.NaN }, 'amount'],
    [{ amount: 1e21 }, 'amount'],
    [{ amount: '1.23456' }, 'amount'],
    [{ currency: 'usd' }, 'currency'],
    [{ occurred_at: 'yesterday' }, 'occurred_at'],
    [{ occurred_at: '2026-02-30T00:00:00Z' }, 'occurred_at'],
    [{ occurred_at: '0000-01-01T00:00:00Z' }, 'occurred_at'],
    [{ event_id: 'a b' }, 'event_id'],
    [{ event_id: '' }, 'event_id'],
    [{ user_id: 'a\0b' }, 'user_id'],
    [{ merchant_id: '\ud800' }, 'merchant_id'],
    [{ status: 'processed' }, 'status'],
    [{ data: [] }, 'data'],
    [{ data: { a: [{ b: 'x\0' }] } }, 'data.a.0.b'],
    [{ data: { a: { '\udc00': 1 } } }, 'data.a'],
    [{ data: { a: Number.POSITIVE_INFINITY } }, 'data.a'],
    [{ data: { a: 'x'.repeat(MAX_DATA) } }, 'data'],
    [{ data: nested(MAX_DATA_DEPTH + 1) }, `data${'.a'.repeat(MAX_DATA_DEPTH)}`],
    ['event', ''],
    [null, ''],
  ])('is refused by name: %.60j', (given, field) => {
    expect(refusal(given)).toMatchObject({ code: 'CAMPAIGN_EVENT_INVALID', status: 422, field })
  })

  it('may be as deep and as large as is said', () => {
    expect(() => check({ data: nested(MAX_DATA_DEPTH) })).not.toThrow()
    expect(() => check({ data: { a: 'x'.repeat(MAX_DATA - 8) } })).not.toThrow()
  })

  it('does not have to be looked at to the bottom', () => {
    let deep: unknown = {}
    for (let i = 0; i < 100_000; i++) deep = { a: deep }
    expect(canonicalJson(deep, 32)).toMatchObject({ what: expect.stringContaining('32 levels') })
  })
})

it('many events are checked in turns with others', async () => {
  const data = Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`k${(i * 7919) % 4_000}`, i]))
  const events = [...Array.from({ length: 60 }, () => ({ data })), { amount: 'much' }]
  let turns = 0
  const count = () => {
    turns++
    counting = setImmediate(count)
  }
  let counting = setImmediate(count)
  const checked = await checkAll(events)
  clearImmediate(counting)
  expect(turns).toBeGreaterThan(2)
  expect(checked.filter((each) => each instanceof Error)).toHaveLength(1)
  expect(checked.at(-1)).toMatchObject({ code: 'CAMPAIGN_EVENT_INVALID', field: 'amount' })
})
