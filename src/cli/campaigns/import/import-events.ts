import type { EventAgent } from '../../../runtime/agents/event-agent.ts'
import { type EventReport, MAX_FAILURES } from '../../../runtime/agents/messages.ts'
import type { CampaignsClient } from '../../../runtime/campaigns/index.ts'
import { createLineSet, type LineSet } from './line-set.ts'
import type { ImportProgress, ImportReport, LineFailure } from './report.ts'
import { type Row, type RowOptions, readRows } from './rows.ts'
import type { SourceFile } from './source-file.ts'

type Registrar = Pick<CampaignsClient, 'registerEvents'>

export interface ImportOptions {
  source: Pick<SourceFile, 'read' | 'size'>
  rows: RowOptions
  /** Events without an id of their own get one from it and their line: a repeat registers nothing twice. */
  runId: string
  campaigns: Registrar
  agentOf(campaigns: Registrar): EventAgent
  signal: AbortSignal
  onProgress(progress: ImportProgress): void
  /** Told when the service has not taken a batch that is tried again. */
  onRetry(error: unknown): void
  /** Monotonic, in milliseconds. */
  now?: () => number
}

export interface Imported
  extends Omit<ImportReport, 'file' | 'format' | 'run_id' | 'dry_run' | 'failures_file'> {
  /** Lines whose events are registered. */
  done: LineSet
}

/**
 * Registers the events of a file. A line that is wrong, and an event that is refused, keep no other from it.
 * @throws AgentctlError CAMPAIGN_FILE_INVALID of a head that cannot be used; others than the abortion of `signal`, which ends
 *   it in order: what was registered until then is told
 */
export async function importEvents(options: ImportOptions): Promise<Imported> {
  const { signal, runId, now = () => performance.now() } = options
  const began = now()
  const done = createLineSet()
  const reading = openReading(options)
  const counts = { registered: 0, known: 0 }
  const campaigns = counting(options, (event, outcome) => {
    done.add(reading.lineOf(event))
    counts[outcome] += 1
  })
  let failed = 0
  const onProgress = (now_?: { failed: number }) => {
    failed = now_?.failed ?? failed
    const took = now() - began
    options.onProgress({ read: reading.share(), ...counts, failed: failed + reading.problems.count, took })
  }

  let report: EventReport | undefined
  try {
    const agent = options.agentOf(campaigns)
    report = await agent.run(reading.events(), { runId, signal, onProgress })
  } catch (error) {
    if (!signal.aborted) throw error
  }
  const refused = (report?.failures ?? []).map(({ index, ...failure }): LineFailure => {
    return { line: reading.lineAt(index), ...failure }
  })
  const total = reading.total()
  return {
    complete: report !== undefined && total === counts.registered + counts.known,
    stopped: report === undefined,
    total,
    ...counts,
    failed: report === undefined ? failed + reading.problems.count : total - counts.registered - counts.known,
    failures: [...reading.problems.list, ...refused].sort((a, b) => a.line - b.line).slice(0, MAX_FAILURES),
    retries: report?.retries ?? 0,
    duration_ms: Math.round(now() - began),
    done,
  }
}

/** The events of the file, with what cannot be one taken out, and the line of each. */
function openReading({ source, rows, runId }: ImportOptions) {
  const lines: number[] = []
  const lineOf = new WeakMap<object, number>()
  const problems = { count: 0, list: [] as LineFailure[] }
  let end = 0

  async function* events(): AsyncGenerator<Record<string, unknown>> {
    for await (const row of readRows(source.read(), rows)) {
      end = row.end
      const event = eventOf(row, runId)
      if (event === undefined) {
        problems.count += 1
        if (problems.list.length < MAX_FAILURES) problems.list.push(failureOf(row))
        continue
      }
      lines.push(row.line)
      lineOf.set(event, row.line)
      yield event
    }
  }

  return {
    events,
    problems,
    total: () => lines.length + problems.count,
    share: () => end / Math.max(1, source.size),
    lineOf: (event: unknown) => lineOf.get(event as object) ?? 0,
    lineAt: (index: number) => lines[index] ?? 0,
  }
}

/** The event of a row as it is registered: with an id that is the same whenever the file is imported. */
export function eventOf({ event, line }: Row, runId: string): Record<string, unknown> | undefined {
  if (event === undefined || Object.hasOwn(event, 'event_id')) return event
  return { event_id: `${runId}-${line}`, ...event }
}

export function failureOf({ line, problem = '' }: Row): LineFailure {
  return {
    line,
    event_id: null,
    code: 'CAMPAIGN_EVENT_INVALID',
    detail: `the line ${problem}`,
    retryable: false,
  }
}

/** Sees which events the service has taken. */
function counting(
  { campaigns, onRetry }: ImportOptions,
  onDone: (event: unknown, outcome: 'registered' | 'known') => void,
): Registrar {
  return {
    async registerEvents(events, call = {}) {
      const retried = (error: unknown) => {
        call.onRetry?.(error)
        onRetry(error)
      }
      const answer = await campaigns.registerEvents(events, { ...call, onRetry: retried })
      for (const [i, { outcome }] of answer.results.entries())
        if (outcome === 'registered' || outcome === 'known') onDone(events[i], outcome)
      return answer
    },
  }
}
