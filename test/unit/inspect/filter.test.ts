import { describe, expect, it } from 'vitest'
import { createFilter, parseStart } from '../../../src/runtime/inspect/index.ts'

describe('createFilter', () => {
  const entry = { kind: 'message', data: '{"id":"3","message":{"a":1},"n":7,"flag":null}' }
  const passes = (filters: string[], grep?: string) => createFilter(filters, grep)(entry)

  it('lets everything pass when nothing is asked', () => {
    expect(passes([])).toBe(true)
  })

  it('compares fields of the entry', () => {
    expect(passes(['kind=message'])).toBe(true)
    expect(passes(['kind=done'])).toBe(false)
    expect(passes(['missing='])).toBe(false)
  })

  it('looks into the JSON of the data field', () => {
    expect(passes(['id=3'])).toBe(true)
    expect(passes(['n=7'])).toBe(true)
    expect(passes(['flag=null'])).toBe(true)
    expect(passes(['message={"a":1}'])).toBe(true)
    expect(passes(['toString=x'])).toBe(false)
  })

  it('wants all filters and the expression to match', () => {
    expect(passes(['kind=message', 'id=3'])).toBe(true)
    expect(passes(['kind=message', 'id=4'])).toBe(false)
    expect(passes(['kind=message'], '"id":"\\d"')).toBe(true)
    expect(passes(['kind=message'], 'nowhere')).toBe(false)
    expect(passes(['kind=done'], 'message')).toBe(false)
  })

  it('takes a value that holds an equals sign', () => {
    expect(createFilter(['x=a=b'], undefined)({ x: 'a=b' })).toBe(true)
  })

  it.each(['not json', 'null', '7', '[]', ''])('takes data that is %j', (data) => {
    expect(createFilter(['id=3'], undefined)({ data })).toBe(false)
  })

  it.each(['x', '=x', ''])('refuses the filter %j', (filter) => {
    expect(() => createFilter([filter], undefined)).toThrow(
      expect.objectContaining({ code: 'TAIL_FILTER_INVALID', field: 'filter' }),
    )
  })

  it('refuses an expression that is none', () => {
    expect(() => createFilter([], '(')).toThrow(
      expect.objectContaining({ code: 'TAIL_FILTER_INVALID', field: 'grep' }),
    )
  })
})

describe('parseStart', () => {
  it('shows the newest entries when nothing is said', () => {
    expect(parseStart(undefined, undefined, 10, 0)).toEqual({ at: 'last', count: 10 })
  })

  it('knows first and new', () => {
    expect(parseStart('first', undefined, 10, 0)).toEqual({ at: 'first' })
    expect(parseStart('new', undefined, 10, 0)).toEqual({ at: 'new' })
  })

  it('takes an entry id, or a time in milliseconds', () => {
    expect(parseStart('1732153000000-7', undefined, 10, 0)).toEqual({ at: 'id', after: '1732153000000-7' })
    expect(parseStart('1732153000000', undefined, 10, 0)).toEqual({ at: 'id', after: '1732153000000-0' })
  })

  it('counts back from now, not beyond the beginning of time', () => {
    expect(parseStart(undefined, 500, 10, 2_000)).toEqual({ at: 'id', after: '1500-0' })
    expect(parseStart(undefined, 5_000, 10, 2_000)).toEqual({ at: 'id', after: '0-0' })
  })

  it.each([
    ['', undefined],
    ['yesterday', undefined],
    ['1-', undefined],
    ['$', undefined],
    ['first', 5],
  ])('refuses --from %j with --since %j', (from, since) => {
    expect(() => parseStart(from, since, 10, 0)).toThrow(
      expect.objectContaining({ code: 'TAIL_START_INVALID' }),
    )
  })
})
