import { z } from 'zod'
import {
  clientSettings,
  contextSettings,
  folders,
  kebab,
  loadConfig,
  maskUrl,
  redisSettings,
  stateSettings,
} from '../runtime/kernel/index.ts'
import { roles } from '../runtime/roles.ts'
import { resolveSettings } from './settings.ts'
import { renderTable } from './table.ts'

export interface SettingRow {
  /** Role that takes it, or `client` for commands that talk to a running backend. */
  scope: string
  setting: string
  value: unknown
  source: string
  env: readonly string[]
}

/** Every setting of every role and of the client commands. @param flags of which `context` matters alone */
export function describeSettings(flags: Record<string, unknown> = {}): SettingRow[] {
  const client = z.object({ ...clientSettings, ...redisSettings, ...stateSettings, ...contextSettings })
  return [
    ...roles.flatMap((role) => describe(role.name, role.options, loadConfig(role.options, {}))),
    ...describe('client', client, resolveSettings(client, flags, { lenient: true })),
  ]
}

function describe(
  scope: string,
  schema: z.ZodObject,
  { values, sources }: ReturnType<typeof loadConfig>,
): SettingRow[] {
  return Object.entries(schema.shape).map(([key, field]) => {
    const meta = (field as z.ZodType).meta() ?? {}
    const { source = 'default', name = undefined } = sources[key] ?? {}
    const value =
      key === 'stateDir' ? folders(values[key] as string | undefined).state : (values[key] ?? null)
    return {
      scope,
      setting: kebab(key),
      value: masked(value, meta.secret === true),
      source: name === undefined ? source : `${source} ${name}`,
      env: meta.env ?? [],
    }
  })
}

/** Of a URL the password alone, also of one that is no secret otherwise; of any other secret all of it. */
function masked(value: unknown, secret: boolean): unknown {
  if (typeof value === 'string' && value.includes('://')) return maskUrl(value)
  return secret && value !== null ? '***' : value
}

export function renderSettings(rows: readonly SettingRow[]): string {
  return renderTable(rows, [
    { title: 'SCOPE', value: (row) => row.scope },
    { title: 'SETTING', value: (row) => row.setting },
    { title: 'VALUE', value: (row) => (row.value === null ? '-' : String(row.value)) },
    { title: 'SOURCE', value: (row) => row.source },
    { title: 'ENVIRONMENT', value: (row) => row.env.join(', ') },
  ])
}
