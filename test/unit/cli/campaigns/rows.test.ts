import { describe, expect, it } from 'vitest'
import { parseMap } from '../../../../src/cli/campaigns/import/field-map.ts'
import { type Row, type RowOptions, readRows } from '../../../../src/cli/campaigns/import/rows.ts'

async function read(
  content: string,
  { map = [], ...options }: Partial<Omit<RowOptions, 'map'>> & { map?: string[] } = {},
): Promise<unknown[]> {
  async function* chunks() {
    yield Buffer.from(content)
  }
  const all = { format: 'csv' as const, delimiter: ',', asText: false, ...options, map: parseMap(map) }
  const rows: Row[] = []
  for await (const row of readRows(chunks(), all)) rows.push(row)
  return rows.map(({ line, event, problem }) => [line, event ?? problem])
}

describe('a CSV file', () => {
  it('has fields of the event, and the rest below data', async () => {
    const head = 'event_id,user_id,amount,occurred_at,tier,data.cart.total,cart.items,vip,zip'
    const rows = `${head}\ne-1,u-1,12.50,2026-03-01T00:00:00Z,gold,99.90,3,true,01234\n,42,007,,,,,,\n`
    expect(await read(rows)).toEqual([
      [
        2,
        {
          event_id: 'e-1',
          user_id: 'u-1',
          amount: '12.50',
          occurred_at: '2026-03-01T00:00:00Z',
          data: { tier: 'gold', cart: { total: 99.9, items: 3 }, vip: true, zip: '01234' },
        },
      ],
      [3, { user_id: '42', amount: '007' }],
    ])
  })

  it('keeps what is below data as text where that is asked for', async () => {
    expect(await read('n,b\n12,true\n', { asText: true })).toEqual([[2, { data: { n: '12', b: 'true' } }]])
  })

  it('has numbers only where no digit is lost', async () => {
    expect(await read('a,b,c,d,e\n-0.5,1e3,12345678901234567890,+1,-\n')).toEqual([
      [2, { data: { a: -0.5, b: '1e3', c: '12345678901234567890', d: '+1', e: '-' } }],
    ])
  })

  it('may call the fields otherwise', async () => {
    const map = ['amount=total,user_id=customer', 'data.shop=name, with=comma'.replace(', with=comma', '')]
    expect(await read('customer,total,amount,name\nu,5,brutto,x\n', { map })).toEqual([
      [2, { user_id: 'u', amount: '5', data: { amount: 'brutto', shop: 'x' } }],
    ])
  })

  it('may have the whole of data as JSON', async () => {
    expect(await read('data,tier\n"{""a"":{""b"":1}}",gold\nno,x\n')).toEqual([
      [2, { data: { a: { b: 1 }, tier: 'gold' } }],
      [3, 'has something else than a JSON object in its column data'],
    ])
  })

  it.each([
    ['a,,b\n', [], 'column 2 has no name'],
    ['a,b,a\n', [], 'the column "a" is there twice'],
    ['a,b\n', ['amount=total'], 'it has no column "total", but a, b'],
    ['data.cart,data.cart.total\n', [], 'two of its columns go to data.cart.total'],
    ['cart,data.cart\n', [], 'two of its columns go to data.cart'],
    ['"a,b\n', [], 'its head has a quote that is not closed'],
  ])('is refused for its head %j', async (content, map, why) => {
    await expect(read(content, { map })).rejects.toMatchObject({
      code: 'CAMPAIGN_FILE_INVALID',
      message: expect.stringContaining(why),
    })
  })

  it.each(['__proto__', 'a.constructor.x', 'a..b', 'No.'])('may have no column %j', async (name) => {
    await expect(read(`${name}\n1\n`)).rejects.toMatchObject({
      code: 'CAMPAIGN_FILE_INVALID',
      message: expect.stringContaining(`the column "${name}"`),
      fix: expect.stringContaining('--map'),
    })
  })

  it('may have such a column where it is said where that goes', async () => {
    expect(await read('No.\n1\n', { map: ['data.number=No.'] })).toEqual([[2, { data: { number: 1 } }]])
  })
})

describe('an NDJSON file', () => {
  const format = 'ndjson' as const

  it('has an event a line', async () => {
    expect(await read('{"user_id":"u","amount":1.5,"odd":1}\n\n{"data":{}}', { format })).toEqual([
      [1, { user_id: 'u', amount: 1.5, odd: 1 }],
      [3, { data: {} }],
    ])
  })

  it('goes on behind what is no event', async () => {
    expect(await read('{"a":\n[1]\n"x"\nnull\n{}', { format })).toEqual([
      [1, expect.stringMatching(/^is no JSON: /)],
      [2, 'is no JSON object'],
      [3, 'is no JSON object'],
      [4, 'is no JSON object'],
      [5, {}],
    ])
  })

  it('with a map takes fields from anywhere, and the rest goes below data', async () => {
    const map = ['amount=order.total,user_id=customer']
    const line = '{"customer":"u","order":{"total":"9.90"},"user_id":"other","tier":"gold","data":{"x":1}}'
    expect(await read(line, { format, map })).toEqual([
      [
        1,
        {
          user_id: 'u',
          amount: '9.90',
          data: { x: 1, order: { total: '9.90' }, user_id: 'other', tier: 'gold' },
        },
      ],
    ])
  })

  it('leaves every object as it is, whatever its keys are called', async () => {
    const map = ['amount=total']
    const rows = (await read('{"__proto__":{"polluted":true},"total":1}', { format, map })) as [
      number,
      object,
    ][]
    expect(JSON.stringify(rows[0]?.[1])).toBe('{"amount":1,"data":{"__proto__":{"polluted":true}}}')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('a map', () => {
  it.each([
    ['amount', 'is no pair'],
    ['amount=', 'is no pair'],
    ['sum=total', '"sum" is no field of an event: event_id, user_id'],
    ['amount=a,user_id=a', '"a" is given to two fields'],
    ['amount=a,amount=b', '"amount" is taken from two columns'],
    ['data.__proto__=a', '"data.__proto__" may not have "__proto__" in it'],
  ])('%j is refused', (text, why) => {
    expect(() => parseMap([text])).toThrow(why)
  })
})
