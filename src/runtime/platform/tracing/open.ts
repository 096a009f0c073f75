import type { Logger, Tracer } from '../../kernel/index.ts'
import type { Metrics } from '../metrics/index.ts'
import { passingTracer } from './passing.ts'
import { readTracingSettings } from './settings.ts'

export interface TracingOptions {
  /** Names the service where the environment does not. */
  role: string
  /** This replica's name. */
  instance: string
  version: string
  env: Readonly<Record<string, string | undefined>>
  log: Logger
}

export interface Tracing {
  tracer: Tracer
  /** Sends what is left, within two seconds. */
  close(): Promise<void>
}

/** Records traces where the environment says where to send them; else they pass through, and nothing is loaded. */
export async function openTracing({ env, ...options }: TracingOptions): Promise<Tracing> {
  const { settings, warnings } = readTracingSettings(env)
  for (const warning of warnings) options.log.warn(warning)
  if (settings === undefined) return { tracer: passingTracer, close: async () => {} }
  const { startRecording } = await import('./recording.ts')
  return startRecording({ ...options, settings })
}

/** Counts spans in the metrics of a role that records any. */
export function exposeTracing(metrics: Metrics, tracer: Tracer | undefined): void {
  const counts = tracer?.counts
  if (counts === undefined) return
  metrics.gauges('trace_spans', 'Spans by what became of them', ['outcome'], async () =>
    Object.entries(counts()).map(([outcome, spans]) => [{ outcome }, spans] as const),
  )
}
