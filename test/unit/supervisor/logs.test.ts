import { describe, expect, it } from 'vitest'
import { createLogBook, type LogLine } from '../../../src/runtime/supervisor/logs.ts'

const at = () => new Date('2026-01-02T03:04:05Z')
const texts = (lines: LogLine[]) => lines.map(({ line }) => line)

describe('a log book', () => {
  it('keeps who said what, and when', () => {
    const book = createLogBook(10, at)
    book.write('worker-1', 'hello')
    expect(book.tail(10)).toEqual([{ time: '2026-01-02T03:04:05.000Z', replica: 'worker-1', line: 'hello' }])
  })

  it('gives the newest lines, oldest first', () => {
    const book = createLogBook(10, at)
    for (const text of ['a', 'b', 'c']) book.write('w', text)
    expect(texts(book.tail(2))).toEqual(['b', 'c'])
    expect(book.tail(0)).toEqual([])
    expect(texts(book.tail(99))).toEqual(['a', 'b', 'c'])
  })

  it('never gives more lines than its capacity', () => {
    const book = createLogBook(3, at)
    for (let i = 0; i < 100; i++) {
      book.write('w', String(i))
      expect(book.tail(Number.MAX_SAFE_INTEGER).length).toBeLessThanOrEqual(3)
    }
    expect(texts(book.tail(99))).toEqual(['97', '98', '99'])
  })

  it('keeps nothing when its capacity is 0', () => {
    const book = createLogBook(0, at)
    book.write('w', 'a')
    expect(book.tail(5)).toEqual([])
  })

  it('tells followers every line from now on, until they leave', () => {
    const book = createLogBook(0, at)
    const seen: string[] = []
    book.write('w', 'before')
    const leave = book.follow(({ line }) => seen.push(line))
    book.write('w', 'during')
    leave()
    book.write('w', 'after')
    expect(seen).toEqual(['during'])
  })
})
