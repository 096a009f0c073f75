import { describe, expect, it } from 'vitest'
import { formatTraceparent, parseTraceparent } from '../../../src/runtime/platform/tracing/index.ts'

const TRACE = 'a'.repeat(32)
const SPAN = 'b'.repeat(16)

describe('a traceparent', () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, 1],
    [`00-${TRACE}-${SPAN}-00`, 0],
    [`00-${TRACE}-${SPAN}-03`, 3],
    [`cc-${TRACE}-${SPAN}-01`, 1],
    [`cc-${TRACE}-${SPAN}-01-what-will-be`, 1],
  ])('is read: %s', (text, flags) => {
    expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, flags, remote: true })
  })

  it('is written as it was read', () => {
    const text = `00-${TRACE}-${SPAN}-01`
    const read = parseTraceparent(text)
    expect(read && formatTraceparent(read)).toBe(text)
  })

  it.each([
    undefined,
    null,
    5,
    '',
    'nonsense',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-x`,
    `cc-${TRACE}-${SPAN}-01x`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
  ])('is ignored when it is %j', (text) => {
    expect(parseTraceparent(text)).toBeUndefined()
  })
})
