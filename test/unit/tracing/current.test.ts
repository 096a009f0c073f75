import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { TraceContext } from '../../../src/runtime/kernel/index.ts'
import {
  beginSpan,
  carryTrace,
  currentTraceparent,
  enterSpan,
  inSpan,
  keepSpan,
  parseTraceparent,
  passingTracer,
  traceFields,
} from '../../../src/runtime/platform/tracing/index.ts'
import { notingTracer } from '../../support/noting-tracer.ts'

const TRACE = 'a'.repeat(32)
const PARENT = `00-${TRACE}-${'b'.repeat(16)}-01`
const parent = parseTraceparent(PARENT)

const at = (span: number) => String(span).padStart(16, '0')
const entry = (from: TraceContext | undefined) => ({ parent: from })

describe('a span', () => {
  it('is the one that everything belongs to that comes of its work', async () => {
    const { tracer, notes } = notingTracer()
    const seen = await enterSpan(tracer, 'job', entry(parent), async () => {
      await turn()
      return inSpan('step', {}, async () => {
        await turn()
        return currentTraceparent()
      })
    })
    expect(seen).toBe(`00-${TRACE}-${at(2)}-01`)
    expect(notes).toEqual([`begin job in ${'b'.repeat(16)}`, `begin step in ${at(1)}`, 'end step', 'end job'])
    expect(currentTraceparent()).toBeUndefined()
  })

  it('ends once, also when its work fails, which it tells', async () => {
    const { tracer, notes } = notingTracer()
    const late = enterSpan(tracer, 'late', entry(undefined), async () => {
      await turn()
      throw new Error('no')
    })
    await expect(late).rejects.toThrow('no')
    const early = () =>
      enterSpan(tracer, 'early', entry(undefined), () => {
        throw new Error('never')
      })
    expect(early).toThrow('never')
    expect(enterSpan(tracer, 'value', entry(undefined), () => 5)).toBe(5)
    expect(notes).toEqual([
      ...['begin late in nothing', 'fail late: no', 'end late'],
      ...['begin early in nothing', 'fail early: never', 'end early'],
      ...['begin value in nothing', 'end value'],
    ])
  })

  it('does not mix with those of other work at the same time', async () => {
    const others = [1, 2, 3].map((n) => parseTraceparent(`00-${String(n).repeat(32)}-${'b'.repeat(16)}-00`))
    const seen = await Promise.all(
      others.map((from) =>
        enterSpan(passingTracer, 'job', entry(from), async () => {
          await turn()
          return traceFields().trace_id?.[0]
        }),
      ),
    )
    expect(seen).toEqual(['1', '2', '3'])
  })

  it('of which nothing is recorded has no steps, and its trace goes on all the same', () => {
    const { tracer, notes } = notingTracer(false)
    const made = enterSpan(tracer, 'job', entry(parent), () => [
      inSpan('step', {}, currentTraceparent),
      beginSpan('call', {}).context,
    ])
    expect(made).toEqual([`00-${TRACE}-${at(1)}-00`, undefined])
    expect(notes).toEqual([`begin job in ${'b'.repeat(16)}`])
  })
})

describe('a trace where nothing is recorded', () => {
  it('goes through as it came, to the log and to jobs', () => {
    const made = enterSpan(passingTracer, 'job', entry(parent), () =>
      inSpan('step', {}, () => [traceFields(), carryTrace({ id: 1 })]),
    )
    expect(made).toEqual([
      { trace_id: TRACE, span_id: 'b'.repeat(16) },
      { id: 1, traceparent: PARENT },
    ])
  })

  it('is none where nobody has begun one', () => {
    const job = { id: 1 }
    enterSpan(passingTracer, 'job', entry(undefined), () => {
      expect(traceFields()).toEqual({})
      expect(carryTrace(job)).toBe(job)
    })
  })

  it('ends where something without one is done within it', () => {
    const inner = () => enterSpan(passingTracer, 'event', entry(undefined), currentTraceparent)
    expect(enterSpan(passingTracer, 'job', entry(parent), inner)).toBeUndefined()
  })
})

describe('what is kept for later', () => {
  it('runs as part of the trace it was kept in, whoever runs it', () => {
    const kept = enterSpan(passingTracer, 'job', entry(parent), keepSpan)
    expect(kept(currentTraceparent)).toBe(PARENT)
    const other = parseTraceparent(`00-${'c'.repeat(32)}-${'d'.repeat(16)}-00`)
    const run = () => [kept(currentTraceparent), keepSpan()(currentTraceparent)?.slice(3, 5)]
    expect(enterSpan(passingTracer, 'job', entry(other), run)).toEqual([PARENT, 'cc'])
    const outside = keepSpan()
    expect(enterSpan(passingTracer, 'job', entry(parent), () => outside(currentTraceparent))).toBeUndefined()
  })
})
