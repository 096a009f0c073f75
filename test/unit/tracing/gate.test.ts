import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { describe, expect, it } from 'vitest'
import { createGate } from '../../../src/runtime/platform/tracing/gate.ts'
import { readableLog } from '../../support/storage-role.ts'

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0]

const span = {} as ReadableSpan
const quiet = { onStart: () => {}, forceFlush: async () => {}, shutdown: async () => {} }
const REFUSED: Result = { code: 1, error: new Error('connect ECONNREFUSED') }

/** A gate with room for two spans, and batches that go on when the test says so. */
function scene() {
  const { log, lines } = readableLog()
  const gate = createGate(2, log)
  const waiting: ReadableSpan[] = []
  const batches: SpanProcessor = { ...quiet, onEnd: (ended) => waiting.push(ended) }
  const guarded = gate.guard(batches)
  let result: Result = { code: 0 }
  const exporter = gate.watch({ export: (_spans, done) => done(result), shutdown: async () => {} })
  return {
    gate,
    lines,
    end: (times: number) => Array.from({ length: times }, () => guarded.onEnd(span)),
    send(outcome: Result) {
      result = outcome
      exporter.export(waiting.splice(0), () => {})
    },
  }
}

describe('the gate before spans that are to be sent', () => {
  it('drops what comes while as many wait as may, and counts everything', () => {
    const { gate, end, send } = scene()
    end(5)
    expect(gate.counts).toEqual({ exported: 0, dropped: 3, failed: 0 })
    send({ code: 0 })
    expect(gate.counts).toEqual({ exported: 2, dropped: 3, failed: 0 })
    end(2)
    send(REFUSED)
    expect(gate.counts).toEqual({ exported: 2, dropped: 3, failed: 2 })
  })

  it('says once that nobody takes them, and once that somebody does again', () => {
    const { gate, lines, end, send } = scene()
    for (const outcome of [REFUSED, REFUSED, REFUSED, { code: 0 }, { code: 0 }] as const) {
      end(1)
      send(outcome)
    }
    expect(lines.map(({ level }) => level)).toEqual([40, 30])
    expect(lines[0]).toMatchObject({ reason: 'connect ECONNREFUSED' })
    expect(gate.broken).toBe(false)
  })
})
