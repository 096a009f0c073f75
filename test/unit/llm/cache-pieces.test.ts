import { describe, expect, it } from 'vitest'
import { piecesOf } from '../../../src/runtime/llm/service/stream-frames.ts'

describe('pieces of a cached answer', () => {
  it.each([
    ['nothing', ''],
    ['one word', 'hello'],
    ['words', 'Loyalty programs reward customers who come back, again and again.'],
    ['no spaces', 'x'.repeat(10_000)],
    ['many lines', 'one\n\ntwo  three\t'.repeat(500)],
    ['pairs of surrogates', '😀'.repeat(999)],
  ])('are the text again when joined: %s', (_what, text) => {
    const pieces = [...piecesOf(text)]
    expect(pieces.join('')).toBe(text)
    expect(pieces.length).toBeLessThanOrEqual(201)
    expect(pieces.every((piece) => piece.isWellFormed() && piece !== '')).toBe(true)
  })

  it('are several', () => {
    expect([...piecesOf('The quick brown fox jumps over the lazy dog.')].length).toBeGreaterThan(2)
  })
})
