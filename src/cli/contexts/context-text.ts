import { type ContextFile, type ContextKey, type ContextValues, LOCAL } from '../../runtime/contexts/index.ts'
import { kebab, maskUrl } from '../../runtime/kernel/index.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { renderFacts } from '../list.ts'
import type { Column } from '../table.ts'

/** A context as it is listed; its secrets are masked. */
export interface ContextRow {
  name: string
  /** Whether commands use it that are not told otherwise. */
  current: boolean
  values: ContextValues
}

const SECRETS: ReadonlySet<string> = new Set<ContextKey>(['dbPassword', 'apiPassword', 'apiKey', 'llmApiKey'])

/** Each context, after the one that means none. */
export function contextRows({ current, contexts }: ContextFile): ContextRow[] {
  return [
    { name: LOCAL, current: current === null, values: {} },
    ...Object.entries(contexts)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, values]) => ({ name, current: current === name, values: masked(values) })),
  ]
}

/** References to environment variables are no secrets. */
export function masked(values: ContextValues): ContextValues {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, isReference(value) ? value : hide(key, value)]),
  )
}

function hide(key: string, value: string): string {
  if (SECRETS.has(key)) return '***'
  return value.includes('${') ? value : maskUrl(value)
}

function isReference(value: string): boolean {
  return /^\$\{\w+\}$/.test(value)
}

/** The settings of a context that hold a secret as it is. */
export function plainSecrets(values: ContextValues): string[] {
  return Object.entries(values)
    .filter(([key, value]) => !isReference(value) && hide(key, value) !== value)
    .map(([key]) => kebab(key))
}

const cell = (key: ContextKey) => (row: ContextRow) => printable(row.values[key] ?? '-')

export const contextColumns: Column<ContextRow>[] = [
  { title: '', value: (row) => (row.current ? '*' : '') },
  { title: 'NAME', value: (row) => row.name },
  { title: 'REDIS', value: (row) => (row.name === LOCAL ? '(what runs here)' : cell('redisUrl')(row)) },
  { title: 'GATEWAY', value: cell('gatewayUrl') },
  { title: 'DATABASE', value: cell('databaseUrl'), wide: true },
  { title: 'CAMPAIGNS', value: cell('campaignsUrl'), wide: true },
  { title: 'LLM', value: cell('llmUrl'), wide: true },
]

export function renderContext({ name, current, values }: ContextRow): string {
  return renderFacts([
    ['Context', `${name}${current ? ' (in use)' : ''}`],
    ...Object.entries(values).map(([key, value]) => [kebab(key), printable(value)] as const),
  ])
}
