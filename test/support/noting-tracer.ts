import type { Span, SpanAttributes, Tracer } from '../../src/runtime/kernel/index.ts'

/** A tracer that notes what becomes of its spans, in order; the number of a span is its id. */
export interface NotingTracer {
  tracer: Tracer
  /** `begin NAME in PARENT`, `fail NAME: WHY`, `end NAME`. */
  notes: string[]
  /** What is told of the spans of a name, one after the other. */
  told(name: string): SpanAttributes[]
}

/** @param recording false: as if none of its spans was to be sent */
export function notingTracer(recording = true): NotingTracer {
  const notes: string[] = []
  const spans: { name: string; attributes: SpanAttributes }[] = []
  const tracer: Tracer = {
    begin(name, { parent, attributes = {} }): Span {
      const own = { name, attributes }
      const spanId = String(spans.push(own)).padStart(16, '0')
      const traceId = parent?.traceId ?? 'a'.repeat(32)
      notes.push(`begin ${name} in ${parent?.spanId ?? 'nothing'}`)
      return {
        context: { traceId, spanId, flags: Number(recording) },
        recording,
        set(more) {
          own.attributes = { ...own.attributes, ...more }
        },
        fail: (error) => notes.push(`fail ${name}: ${(error as Error).message}`),
        end: () => notes.push(`end ${name}`),
      }
    },
  }
  return {
    tracer,
    notes,
    told: (name) => spans.filter((span) => span.name === name).map(({ attributes }) => attributes),
  }
}
