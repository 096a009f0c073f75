import { formatDuration } from '../../runtime/kernel/index.ts'
import type { ProviderStatus } from '../../runtime/llm/routing/provider-status.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { type Column, renderTable } from '../table.ts'

const columns: Column<ProviderStatus>[] = [
  { title: 'PROVIDER', value: ({ name }) => printable(name) },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'BREAKER', value: breakerOf },
  { title: 'MODEL', value: (row) => printable(row.default_model ?? '-') },
  { title: 'USED', value: usedOf },
  { title: 'NOTE', value: noteOf },
]

export function renderProviders(providers: readonly ProviderStatus[]): string {
  return renderTable(providers, columns)
}

function breakerOf({ state }: ProviderStatus): string {
  if (state === 'unconfigured') return '-'
  return state === 'open' || state === 'half-open' ? state : 'closed'
}

function usedOf({ default: first, fallback, state }: ProviderStatus): string {
  if (state === 'unconfigured') return '-'
  const roles = [first ? 'default' : '', fallback === undefined ? '' : `fallback ${fallback}`]
  return roles.filter((role) => role !== '').join(', ') || 'when named'
}

function noteOf({ needs, retry_in_ms: wait }: ProviderStatus): string {
  if (needs !== undefined) return printable(`needs ${needs}`)
  return wait === undefined ? '' : `asked again in ${formatDuration(Math.ceil(wait / 1_000) * 1_000)}`
}
