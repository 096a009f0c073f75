import { AsyncLocalStorage } from 'node:async_hooks'
import type { Span, SpanOptions, TraceContext, Tracer } from '../../kernel/index.ts'
import { NO_SPAN } from './passing.ts'
import { formatTraceparent } from './traceparent.ts'

/** The span that the work under way belongs to, and who makes those within it. */
interface Current {
  tracer: Tracer
  span: Span
}

const current = new AsyncLocalStorage<Current | undefined>()

export interface EntryOptions extends SpanOptions {
  /** Of whoever has asked for the work, in another process as a rule. */
  parent: TraceContext | undefined
}

/** Runs work that comes from outside (a request, a job, an event) in a span, which ends when the work has. */
export function enterSpan<T>(
  tracer: Tracer,
  name: string,
  options: EntryOptions,
  work: (span: Span) => T,
): T {
  return during(tracer, tracer.begin(name, options), work)
}

/** Runs a step of the work under way in a span of its own; where nothing is recorded it costs a look. */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => T): T {
  const here = current.getStore()
  if (!here?.span.recording) return work(NO_SPAN)
  return during(here.tracer, here.tracer.begin(name, { ...options, parent: here.span.context }), work)
}

/** Begins a step that ends elsewhere: whoever begins it has to end it. */
export function beginSpan(name: string, options: SpanOptions): Span {
  const here = current.getStore()
  if (!here?.span.recording) return NO_SPAN
  return here.tracer.begin(name, { ...options, parent: here.span.context })
}

/** Makes a span the one that `work`, and all that comes of it, belongs to; its end is somebody else's. */
export function withinSpan<T>(tracer: Tracer, span: Span, work: () => T): T {
  if (span.context !== undefined) return current.run({ tracer, span }, work)
  return current.getStore() === undefined ? work() : current.run(undefined, work)
}

/** Runs something later, or in a batch with others, as part of what is under way now. */
export function keepSpan(): <T>(work: () => T) => T {
  const here = current.getStore()
  return (work) => (here === undefined && current.getStore() === undefined ? work() : current.run(here, work))
}

function during<T>(tracer: Tracer, span: Span, work: (span: Span) => T): T {
  if (!span.recording) return withinSpan(tracer, span, () => work(span))
  let result: T
  try {
    result = withinSpan(tracer, span, () => work(span))
  } catch (error) {
    throw failed(span, error)
  }
  if (!(result instanceof Promise)) {
    span.end()
    return result
  }
  const settled = result.then(
    (value) => {
      span.end()
      return value
    },
    (error) => {
      throw failed(span, error)
    },
  )
  return settled as T
}

function failed(span: Span, error: unknown): unknown {
  span.fail(error)
  span.end()
  return error
}

/** The W3C `traceparent` for whoever does what is asked for now; undefined outside of any trace. */
export function currentTraceparent(): string | undefined {
  const context = current.getStore()?.span.context
  return context && formatTraceparent(context)
}

/** What a line of the log says of the trace it belongs to, under the names that collectors of logs know. */
export function traceFields(): { trace_id?: string; span_id?: string } {
  const context = current.getStore()?.span.context
  return context === undefined ? {} : { trace_id: context.traceId, span_id: context.spanId }
}

/** The data of a job, with the trace it is part of; whoever does not know the field ignores it. */
export function carryTrace<T extends object>(data: T): T {
  const traceparent = currentTraceparent()
  return traceparent === undefined ? data : { ...data, traceparent }
}
