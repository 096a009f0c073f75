import { formatDuration } from '../../runtime/kernel/index.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { renderFacts } from '../list.ts'
import type { CacheHealth } from './service-client.ts'

const MEANING: Record<CacheHealth['status'], string> = {
  ok: 'ok',
  degraded: 'degraded: every request goes to a provider',
  off: 'off',
}

export function renderCacheHealth(
  { status, latency_ms: latency, ttl_s: ttl, error }: CacheHealth,
  url: string,
): string {
  return renderFacts([
    ['Service', printable(url)],
    ['Cache', MEANING[status]],
    ...(latency === null ? [] : [['Redis answers in', `${latency} ms`] as const]),
    ...(status === 'off' ? [] : [['Answers are kept', formatDuration(ttl * 1_000)] as const]),
    ...(error === undefined ? [] : [['Error', printable(error)] as const]),
  ])
}
