/** Where in which trace something happens: what W3C calls a trace context. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** Of its bits only the lowest matters here: whoever made it records the trace. */
  readonly flags: number
  /** It came from another process. */
  readonly remote?: boolean
}

/** Values of attributes; undefined ones are left out. Never prompts, answers, programs or their output. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

/** A step of a trace, from its beginning to `end()`. */
export interface Span {
  /** Undefined outside of any trace. */
  readonly context: TraceContext | undefined
  /** Whether what is told of it goes anywhere. */
  readonly recording: boolean
  set(attributes: SpanAttributes): void
  /** It did not do what it was there for. */
  fail(error: unknown): void
  end(): void
}

export interface SpanOptions {
  kind?: SpanKind
  attributes?: SpanAttributes
}

/** How many spans have gone where. */
export interface SpanCounts {
  readonly exported: number
  /** Thrown away as more were made than could be sent. */
  readonly dropped: number
  /** Not taken by whoever collects them. */
  readonly failed: number
}

/** Begins spans. It neither knows nor changes what is under way: see platform/tracing for that. */
export interface Tracer {
  begin(name: string, options: SpanOptions & { parent: TraceContext | undefined }): Span
  /** Undefined where none go anywhere. */
  counts?(): SpanCounts
}
