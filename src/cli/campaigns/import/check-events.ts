import { measureEvent } from '../../../runtime/agents/batches.ts'
import { MAX_FAILURES } from '../../../runtime/agents/messages.ts'
import { checkEvent, parseEvent } from '../../../runtime/campaigns/events/check.ts'
import { AgentctlError } from '../../../runtime/kernel/index.ts'
import { eventOf, failureOf } from './import-events.ts'
import type { ImportReport, LineFailure } from './report.ts'
import { type Row, type RowOptions, readRows } from './rows.ts'
import type { SourceFile } from './source-file.ts'

export interface Checked
  extends Pick<ImportReport, 'complete' | 'stopped' | 'total' | 'failed' | 'failures' | 'duration_ms'> {
  /** The first event as it would be registered. */
  sample: Record<string, unknown> | null
}

/** Reads a file as an import does, and checks each event as the service does; nothing is sent. */
export async function checkEvents(
  source: Pick<SourceFile, 'read' | 'size'>,
  rows: RowOptions,
  runId: string,
  signal: AbortSignal,
  onProgress: (read: number, failed: number) => void,
): Promise<Checked> {
  const began = performance.now()
  const result: Checked = {
    ...{ complete: false, stopped: false, total: 0, failed: 0, failures: [], duration_ms: 0, sample: null },
  }
  for await (const row of readRows(source.read(), rows)) {
    result.stopped = signal.aborted
    if (signal.aborted) break
    result.total += 1
    const event = eventOf(row, runId)
    const failure = event === undefined ? failureOf(row) : flawOf(row, event)
    if (failure === undefined) result.sample ??= event ?? null
    else {
      result.failed += 1
      if (result.failures.length < MAX_FAILURES) result.failures.push(failure)
    }
    onProgress(row.end / Math.max(1, source.size), result.failed)
  }
  result.complete = result.failed === 0 && !result.stopped
  result.duration_ms = Math.round(performance.now() - began)
  return result
}

function flawOf({ line }: Row, event: Record<string, unknown>): LineFailure | undefined {
  const id = typeof event.event_id === 'string' ? event.event_id : null
  const failure = { line, event_id: id, retryable: false }
  const measured = measureEvent(event)
  if ('why' in measured) return { ...failure, code: 'CAMPAIGN_EVENT_INVALID', detail: measured.why }
  try {
    checkEvent(parseEvent(event))
    return undefined
  } catch (error) {
    if (!(error instanceof AgentctlError)) throw error
    const { code, message: detail, field } = error
    return { ...failure, code, detail, ...(field === undefined ? {} : { field }) }
  }
}
