import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../../src/runtime/rules/index.ts'

const explain = (condition: unknown, document: object) => compileCondition(condition).explain(document)

describe('an explanation', () => {
  it('says of each comparison what was asked and what was found', () => {
    const condition = { merchant_id: 'MERCHANT_001', amount: { $gte: 100, $lt: 120 } }
    expect(explain(condition, { merchant_id: 'MERCHANT_001', amount: 150 })).toEqual({
      matched: false,
      at: '',
      operator: '$and',
      parts: [
        {
          matched: true,
          at: 'merchant_id',
          operator: '$eq',
          field: 'merchant_id',
          expected: 'MERCHANT_001',
          found: ['MERCHANT_001'],
        },
        { matched: true, at: 'amount.$gte', operator: '$gte', field: 'amount', expected: 100, found: [150] },
        { matched: false, at: 'amount.$lt', operator: '$lt', field: 'amount', expected: 120, found: [150] },
      ],
    })
  })

  it('goes on where an answer would be known', () => {
    const { parts } = explain({ $or: [{ a: 1 }, { b: 2 }], c: 3 }, { a: 1, b: 3 })
    expect(parts).toMatchObject([
      {
        matched: true,
        at: '$or',
        parts: [
          { matched: true, at: '$or[0].a', found: [1] },
          { matched: false, at: '$or[1].b', found: [3] },
        ],
      },
      { matched: false, at: 'c', found: [] },
    ])
  })

  it('tells a missing field from null', () => {
    const condition = { 'data.a': null, 'data.b': null }
    expect(explain(condition, { data: { a: null } }).parts).toMatchObject([
      { matched: true, found: [null] },
      { matched: true, found: [] },
    ])
  })

  it('shows what is denied', () => {
    const { parts } = explain({ a: { $not: { $gt: 5 } }, b: { $ne: 1 }, $nor: [{ c: 1 }] }, { a: 7, b: 1 })
    expect(parts).toMatchObject([
      {
        matched: false,
        operator: '$not',
        field: 'a',
        parts: [{ matched: true, at: 'a.$not.$gt', found: [7] }],
      },
      { matched: false, operator: '$ne', found: [1] },
      { matched: true, operator: '$nor', parts: [{ matched: false, at: '$nor[0].c' }] },
    ])
  })

  it('looks at the elements that $elemMatch looks at', () => {
    const condition = { items: { $elemMatch: { sku: 'S-2', qty: { $gt: 1 } } } }
    const items = [{ sku: 'S-1', qty: 9 }, 'S-2', { sku: 'S-2', qty: 2 }, { sku: 'S-2', qty: 3 }]
    expect(explain(condition, { items }).parts).toMatchObject([
      {
        matched: true,
        at: 'items.$elemMatch',
        parts: [
          {
            matched: false,
            operator: 'element',
            found: [items[0]],
            parts: [
              {
                parts: [
                  { matched: false, field: 'sku', found: ['S-1'] },
                  { matched: true, field: 'qty' },
                ],
              },
            ],
          },
          { matched: false, operator: 'element', found: ['S-2'], parts: [] },
          { matched: true, operator: 'element', found: [items[2]] },
        ],
      },
    ])
  })

  it('shows the element that fulfils, however far down it is', () => {
    const list = Array.from({ length: 500 }, (_, i) => i)
    const [part] = explain({ list: { $elemMatch: { $gt: 400, $lt: 402 } } }, { list }).parts ?? []
    expect(part?.parts).toHaveLength(11)
    expect(part?.parts?.at(-1)).toMatchObject({ matched: true, found: [401] })
  })

  it('cuts what is long', () => {
    const document = {
      text: 'x'.repeat(5_000),
      list: Array.from({ length: 1_000 }, (_, i) => i),
      wide: Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, i])),
      deep: { a: { b: { c: { d: { e: 1 } } } } },
      items: Array.from({ length: 1_000 }, (_, i) => ({ n: i })),
    }
    const condition = { text: 1, list: 1, wide: 1, deep: 1, 'items.n': -1, other: { $in: document.list } }
    const explained = explain(condition, document)
    expect(JSON.stringify(explained).length).toBeLessThan(3_000)
    expect(explained.parts?.[0]?.found).toEqual([`${'x'.repeat(200)}… (5000 characters)`])
    expect(explained.parts?.[1]?.found).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, '… (1000 elements)']])
    expect(explained.parts?.[3]?.found).toEqual([{ a: { b: { c: '{…}' } } }])
    expect(explained.parts?.[4]?.found).toHaveLength(11)
  })

  it('of an empty condition has no parts', () => {
    expect(explain({}, { a: 1 })).toEqual({ matched: true, at: '', operator: '$and', parts: [] })
  })
})
