import { ExportResultCode } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { type Logger, messageOf, type SpanCounts } from '../../kernel/index.ts'

/** What stands before and behind the batches of the SDK, which tells nobody what it throws away. */
export interface Gate {
  /** Lets as many spans in as may wait. */
  guard(batches: SpanProcessor): SpanProcessor
  /** Counts what comes of the batches. */
  watch(exporter: SpanExporter): SpanExporter
  readonly counts: SpanCounts
  /** The last batch was not taken. */
  readonly broken: boolean
}

/** @param queueSize spans that may wait */
export function createGate(queueSize: number, log: Logger): Gate {
  const counts = { exported: 0, dropped: 0, failed: 0 }
  let waiting = 0
  let broken = false

  /** One line when it begins and one when it is over: traces are no reason to fill the log. */
  function settle(spans: number, error?: Error): void {
    if (error === undefined) counts.exported += spans
    else counts.failed += spans
    if (broken === (error !== undefined)) return
    broken = error !== undefined
    if (error) log.warn({ reason: messageOf(error) }, 'traces are not taken: spans are lost until they are')
    else log.info({ failed: counts.failed, dropped: counts.dropped }, 'traces are taken again')
  }

  return {
    counts,
    get broken() {
      return broken
    },
    guard: (batches) => ({
      onStart: (span, context) => batches.onStart(span, context),
      onEnd(span: ReadableSpan) {
        if (waiting >= queueSize) {
          counts.dropped++
          return
        }
        waiting++
        batches.onEnd(span)
      },
      forceFlush: () => batches.forceFlush(),
      shutdown: () => batches.shutdown(),
    }),
    watch: (exporter) => ({
      export(spans, done) {
        waiting -= spans.length
        exporter.export(spans, (result) => {
          const taken = result.code === ExportResultCode.SUCCESS
          settle(spans.length, taken ? undefined : (result.error ?? new Error('no reason was given')))
          done(result)
        })
      },
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    }),
  }
}
