import type { Progress } from '../../runtime/loadtest/index.ts'
import { millis } from './report/numbers.ts'

/** How a run goes, in a line for logs. */
export function progressLine({ phase, elapsed_ms, done, ...progress }: Progress): string {
  const { succeeded, failed, in_flight, rate, latency } = progress
  const share = done === null ? '' : ` (${Math.floor(100 * done)}%)`
  const speed = latency.count === 0 ? '' : `, p50 ${millis(latency.p50)} ms, p99 ${millis(latency.p99)} ms`
  const counts = `${succeeded} ok, ${failed} failed, ${in_flight} under way`
  return `${Math.round(elapsed_ms / 1_000)}s ${phase}${share}: ${counts}, ${rate.toFixed(1)}/s${speed}`
}
