import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { nextTraceparent, withTrace } from '../../../src/runtime/bus/trace.ts'

const TRACE = 'a'.repeat(32)
const parent = `00-${TRACE}-${'b'.repeat(16)}-01`

describe('the trace of an event', () => {
  it('goes on with what its handler publishes, each as a span of its own', async () => {
    const made = await withTrace(parent, async () => {
      const first = nextTraceparent()
      await pause(1)
      return [first, nextTraceparent()]
    })
    for (const traceparent of made) {
      expect(traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
      expect(traceparent).not.toBe(parent)
    }
    expect(made[0]).not.toBe(made[1])
  })

  it('does not reach what is published outside, or by another handler at the same time', async () => {
    const other = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-00`
    const both = await Promise.all(
      [parent, other].map((traceparent) =>
        withTrace(traceparent, async () => {
          await pause(1)
          return nextTraceparent()?.slice(3, 35)
        }),
      ),
    )
    expect(both).toEqual([TRACE, 'c'.repeat(32)])
    expect(nextTraceparent()).toBeUndefined()
  })

  it('ends where an event without one is handled within it', () => {
    expect(withTrace(parent, () => withTrace(undefined, nextTraceparent))).toBeUndefined()
  })

  it.each(['', 'nonsense', parent.toUpperCase(), `${parent}-x`])(
    'is ignored when it is %j',
    (traceparent) => {
      expect(withTrace(traceparent, nextTraceparent)).toBeUndefined()
    },
  )
})
