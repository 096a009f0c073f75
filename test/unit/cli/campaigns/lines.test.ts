import { describe, expect, it } from 'vitest'
import { readRecords } from '../../../../src/cli/campaigns/import/csv-records.ts'
import { MAX_LINE, splitLines, type TextLine } from '../../../../src/cli/campaigns/import/lines.ts'

/** In pieces of so many bytes, as a file may come. */
async function* pieces(content: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content as string)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const lines = (content: string | Buffer, size = 7): Promise<TextLine[]> =>
  all(splitLines(pieces(content, size)))

describe('splitting into lines', () => {
  it.each([1, 2, 3, 5, 1_000])('is the same in pieces of %d bytes', async (size) => {
    const found = await lines('\ufeffeins\r\nzwölf 🎉\n\ndrei', size)
    expect(found).toEqual([
      { line: 1, text: 'eins', end: 9 },
      { line: 2, text: 'zwölf 🎉', end: 21 },
      { line: 3, text: '', end: 22 },
      { line: 4, text: 'drei', end: 26 },
    ])
  })

  it('of nothing are none', async () => {
    expect(await lines('')).toEqual([])
    expect(await lines('\n')).toEqual([{ line: 1, text: '', end: 1 }])
  })

  it('tells a line that is too long, and goes on behind it', async () => {
    const found = await lines(`a\n${'x'.repeat(MAX_LINE + 1)}\nb\n`, 64 * 1024)
    expect(found.map(({ line, text, problem }) => [line, text.length, problem])).toEqual([
      [1, 1, undefined],
      [2, 200, `is longer than ${MAX_LINE} bytes`],
      [3, 1, undefined],
    ])
    expect((await lines('x'.repeat(MAX_LINE), 100_000))[0]?.problem).toBeUndefined()
  })

  it('tells what is no UTF-8', async () => {
    const found = await lines(Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a, 0x62]))
    expect(found.map(({ problem }) => problem)).toEqual([undefined, 'is no text in UTF-8', undefined])
  })
})

describe('records of CSV', () => {
  const records = async (content: string, delimiter = ',') =>
    (await all(readRecords(splitLines(pieces(content, 11)), delimiter))).map(({ line, cells, problem }) =>
      problem === undefined ? [line, ...cells] : [line, { problem }],
    )

  it('have quotes, commas and lines within cells', async () => {
    expect(await records('a,b\r\n1,"x, ""y"""\r\n\r\n"two\nlines",2\n3,\n')).toEqual([
      [1, 'a', 'b'],
      [2, '1', 'x, "y"'],
      [4, 'two\nlines', '2'],
      [6, '3', ''],
    ])
  })

  it('may be separated otherwise', async () => {
    expect(await records('a;b\n1,5;2\n', ';')).toEqual([
      [1, 'a', 'b'],
      [2, '1,5', '2'],
    ])
  })

  it('that are wrong cost their own line only', async () => {
    const short = { problem: 'has 1 cells, and the head has 2' }
    const found = await records('a,b\n1\n1,2,3\n5" pipe,10\n"open,1\n2,3\n"x"y,1\n4,5')
    expect(found).toEqual([
      [1, 'a', 'b'],
      [2, short],
      [3, { problem: 'has 3 cells, and the head has 2' }],
      [4, { problem: expect.stringContaining('has a quote within a cell') }],
      [5, { problem: 'has a quote that is not closed' }],
      [6, '2', '3'],
      [7, { problem: expect.stringContaining('between the end of a quoted cell') }],
      [8, '4', '5'],
    ])
  })

  it('are not lost behind a quote that would take them in', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => `${i},"v ${i}"`)
    const found = await records(['a,b', '"never,1', ...rows, ''].join('\n'))
    expect(found).toHaveLength(502)
    expect(found[1]).toEqual([2, { problem: 'has a quote that is not closed' }])
    expect(found.at(-1)).toEqual([502, '499', 'v 499'])
  })
})
