import { describe, expect, it } from 'vitest'
import { renderEntries } from '../../../src/cli/entry-line.ts'
import { atLeast, bytes } from '../../../src/cli/streams/stream-tables.ts'
import { renderReport, renderTotals } from '../../../src/cli/streams/stream-text.ts'
import type { GroupTotal, HealthRow } from '../../../src/runtime/inspect/index.ts'

describe('numbers', () => {
  it('say what is not known', () => {
    expect([atLeast(3), atLeast(3, false), atLeast(null), atLeast(undefined)]).toEqual(['3', '>=3', '?', '?'])
  })

  it.each([
    [null, '?'],
    [512, '0.5 KB'],
    [5_825, '5.7 KB'],
    [3 * 1024 ** 2, '3.0 MB'],
    [2.5 * 1024 ** 3, '2.5 GB'],
  ])('write %s bytes as %j', (size, text) => {
    expect(bytes(size)).toBe(text)
  })
})

describe('renderTotals', () => {
  const row = (stream: string, lag: number) => ({ stream, lag, lag_exact: true, pending: 0, lost: 0 })
  const total = (group: string, ...streams: ReturnType<typeof row>[]): GroupTotal => ({
    ...row('', 7),
    group,
    streams,
  })

  it('adds a total where a group reads several streams', () => {
    const text = renderTotals([total('x', row('a', 3), row('b', 4)), total('y', row('a', 1))], 'table')
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['GROUP', 'STREAM', 'LAG', 'PENDING', 'LOST'],
      ['x', 'a', '3', '0', '0'],
      ['x', 'b', '4', '0', '0'],
      ['x', 'total of 2', '7', '0', '0'],
      ['y', 'a', '1', '0', '0'],
    ])
  })

  it('names the groups', () => {
    expect(renderTotals([total('x'), total('y')], 'name')).toBe('x\ny')
  })
})

describe('renderReport', () => {
  const rows: HealthRow[] = [
    { stream: 'a\x1b[2J', group: null, findings: [{ finding: 'NO GROUPS', advice: 'Do this.' }] },
  ]

  it('adds what to do to the table, and never steers the terminal', () => {
    const lines = renderReport(rows, 'table').split('\n')
    expect(lines[1]).toMatch(/^a\ufffd\[2J .* NO GROUPS$/)
    expect(lines.slice(2)).toEqual(['', 'NO GROUPS  a\ufffd[2J: Do this.'])
  })

  it('is plain data in the other forms', () => {
    expect(JSON.parse(renderReport(rows, 'ndjson'))).toEqual(rows[0])
  })
})

describe('renderEntries', () => {
  const entries = [{ stream: 's', id: '1732153000000-0', fields: { a: '1\n', b: '2' } }]

  it('writes text, limited to some fields, on one line each', () => {
    expect(renderEntries(entries, undefined, 'text')).toBe('1732153000000-0  s  a=1\ufffd b=2')
    expect(renderEntries(entries, ['b', 'c'], 'text')).toBe('1732153000000-0  s  b=2 c=')
  })

  it('writes the time for machines, and null where an id has none', () => {
    expect(JSON.parse(renderEntries(entries, undefined, 'ndjson')).time).toBe('2024-11-21T01:36:40.000Z')
    const odd = [{ stream: 's', id: '999999999999999999-0', fields: {} }]
    expect(JSON.parse(renderEntries(odd, undefined, 'json'))[0].time).toBeNull()
  })
})
