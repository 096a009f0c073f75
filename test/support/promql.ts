/** Series that a query reads: identifiers that are neither labels, functions nor words in quotes. */
export function seriesIn(query: string): string[] {
  const bare = query
    .replace(/#.*$/gm, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
  return [
    ...new Set(
      [...bare.matchAll(/\b(?:agentctl|events?|api_gateway|process|nodejs)_\w+|\bup\b/g)].map(String),
    ),
  ]
}

/** Those that every process has, and those of Prometheus itself. */
export const COMMON_SERIES: ReadonlySet<string> = new Set([
  'up',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_cpu_seconds_total',
  'nodejs_eventloop_lag_p99_seconds',
])
