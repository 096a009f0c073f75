import { createEventAgent } from '../../../runtime/agents/event-agent.ts'
import { AgentctlError, kernelError } from '../../../runtime/kernel/index.ts'
import { createLogger, printable } from '../../../runtime/platform/log/index.ts'
import { monotonicClock } from '../../../runtime/resilience/index.ts'
import { createProgress } from '../../progress.ts'
import { invalid } from '../json-file.ts'
import { withCampaigns } from '../with-campaigns.ts'
import { checkFailuresFile, writeFailures } from './failures-file.ts'
import { parseMap } from './field-map.ts'
import { importEvents } from './import-events.ts'
import { progressText } from './import-text.ts'
import type { ImportReport } from './report.ts'
import type { RowOptions } from './rows.ts'
import { formatOf, openSource, type SourceFile } from './source-file.ts'

export interface ImportFlags extends Record<string, unknown> {
  format?: 'ndjson' | 'csv' | undefined
  'run-id'?: string | undefined
  concurrency: number
  batch: number
  map?: string[] | undefined
  delimiter: string
  'as-text': boolean
  'dry-run': boolean
  failures?: string | undefined
}

/** Characters of the file's digest by which a run is known. */
const DIGEST = 16
const RUN_ID = /^[\w.:-]{1,80}$/

/**
 * Imports a file, with a progress bar where somebody watches.
 * @throws AgentctlError CAMPAIGN_FILE_INVALID, CONFIG_INVALID; those of the service when it cannot be reached at all
 */
export async function runImport(
  file: string,
  flags: ImportFlags,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<{ report: ImportReport; sample: object | null }> {
  const format = formatOf(file, flags.format)
  const map = parseMap(flags.map ?? [])
  const rows: RowOptions = { format, map, delimiter: flags.delimiter, asText: flags['as-text'] }
  checkFlags(flags)
  const source = await openSource(file, signal)
  try {
    if (flags.failures !== undefined && !flags['dry-run']) await checkFailuresFile(flags.failures, file)
    const runId = flags['run-id'] ?? `import-${source.digest.slice(0, DIGEST)}`
    const head = { file: source.name, format, run_id: runId }
    const { sample, ...rest } = flags['dry-run']
      ? await dryRun(source, rows, runId, signal)
      : { ...(await realRun(source, rows, runId, flags, signal, say)), sample: null }
    if (rest.total === 0 && !rest.stopped) throw invalid(source.name, 'it holds no events')
    return { report: { ...head, ...rest }, sample }
  } finally {
    await source.remove()
  }
}

type Outcome = Omit<ImportReport, 'file' | 'format' | 'run_id'>

async function dryRun(source: SourceFile, rows: RowOptions, runId: string, signal: AbortSignal) {
  const { checkEvents } = await import('./check-events.ts')
  const progress = createProgress()
  try {
    const checked = await checkEvents(source, rows, runId, signal, (read, failed) =>
      progress.show(progressText({ read, registered: 0, known: 0, failed, took: 0 })),
    )
    return { dry_run: true, registered: 0, known: 0, retries: 0, failures_file: null, ...checked }
  } finally {
    progress.end()
  }
}

async function realRun(
  source: SourceFile,
  rows: RowOptions,
  runId: string,
  flags: ImportFlags,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<Outcome> {
  const log = createLogger({ level: 'silent', bindings: {} })
  const { concurrency, batch, failures: file } = flags
  const progress = createProgress()
  const waiting = createWaiting(say)
  try {
    const { done, ...imported } = await withCampaigns(flags, signal, async (campaigns) => {
      await campaigns.campaigns({ limit: 1 }, { signal }) // whether it is there, and lets us in
      return importEvents({
        ...{ source, rows, runId, campaigns, signal },
        agentOf: (counted) =>
          createEventAgent({ campaigns: counted, clock: monotonicClock, concurrency, batch, log }),
        onProgress(now) {
          waiting.over()
          progress.show(progressText(now))
        },
        onRetry: waiting.onRetry,
      })
    })
    const writes = file !== undefined && !imported.stopped
    if (writes) await writeFailures(file, source, rows, runId, done)
    return { dry_run: false, ...imported, failures_file: writes ? file : null }
  } finally {
    progress.end()
  }
}

/** Says once that the service is away, until it is back. */
function createWaiting(say: (text: string) => void) {
  let told = false
  return {
    onRetry(error: unknown) {
      if (told) return
      told = true
      const why = error instanceof AgentctlError ? error.message : String(error)
      say(printable(`The service does not take events at the moment, trying again: ${why}`))
    },
    over() {
      told = false
    },
  }
}

/** @throws AgentctlError CONFIG_INVALID */
function checkFlags({ 'run-id': runId, delimiter }: ImportFlags): void {
  const refuse = (field: string, what: string) =>
    kernelError('CONFIG_INVALID', `--${field}: ${what}`, { field })
  if (runId !== undefined && !RUN_ID.test(runId))
    throw refuse('run-id', 'may have up to 80 letters, digits and . _ : -')
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter))
    throw refuse('delimiter', 'is one character, such as ; or a tab')
}
