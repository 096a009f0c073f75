import {
  changeContexts,
  contextsPath,
  demand,
  LOCAL,
  readContexts,
  withContext,
  withCurrent,
  withoutContext,
} from '../../runtime/contexts/index.ts'
import { loadConfig, readProjectFile } from '../../runtime/kernel/index.ts'
import { keptSettings, keptValues } from './context-flags.ts'
import { type ContextRow, contextRows, plainSecrets } from './context-text.ts'
import { overridesOf } from './overrides.ts'

type Say = (text: string) => void

/**
 * Keeps a context, and uses it from now on if that is wished.
 * @throws AgentctlError CONFIG_INVALID for a value that cannot be one of that setting
 */
export async function addContext(
  name: string,
  flags: Record<string, unknown> & { use: boolean; replace: boolean },
  say: Say,
): Promise<ContextRow> {
  const values = keptValues(flags)
  // Addresses that wait for a variable are checked when it is known.
  const known = Object.entries(values).filter(([, value]) => !value.includes('${'))
  loadConfig(keptSettings, Object.fromEntries(known))
  await checkUrls(Object.fromEntries(known))
  changeContexts((file) => {
    const added = withContext(file, name, values, flags.replace)
    return flags.use ? withCurrent(added, name) : added
  })
  const secrets = plainSecrets(values)
  if (secrets.length > 0)
    say(
      `${contextsPath()} holds ${secrets.join(' and ')} with a secret, readable by you alone. To keep it elsewhere, write '\${NAME}' (in single quotes) in its place: it is then taken from that environment variable.`,
    )
  say(
    flags.use
      ? `${name} is in use now.`
      : `Use it with \`agentctl context use ${name}\`, or once with --context ${name}.`,
  )
  return rowOf(name)
}

/** @throws AgentctlError REDIS_URL_INVALID, DATABASE_URL_INVALID */
async function checkUrls({ redisUrl, databaseUrl }: Record<string, string | undefined>): Promise<void> {
  if (redisUrl !== undefined) (await import('../../runtime/platform/redis/target.ts')).parseRedisUrl(redisUrl)
  if (databaseUrl !== undefined)
    (await import('../../runtime/platform/sql/url.ts')).parseDatabaseUrl(databaseUrl)
}

export function switchContext(name: string, say: Say): ContextRow {
  changeContexts((file) => withCurrent(file, name))
  if (name === LOCAL) say('No context is in use: commands go to what runs here.')
  else {
    say(`Commands go to ${name} now. Roles and \`serve\` are not concerned.`)
    const values = demand(readContexts(), name)
    for (const line of overridesOf(keptSettings, values, process.env, readProjectFile(process.cwd())))
      say(line)
  }
  return rowOf(name)
}

export function removeContext(name: string, say: Say): { name: string } {
  let wasCurrent = false
  changeContexts((file) => {
    wasCurrent = file.current === name
    return withoutContext(file, name)
  })
  say(wasCurrent ? `${name} is gone. It was in use: commands go to what runs here now.` : `${name} is gone.`)
  return { name }
}

/** One context, or the one in use. */
export function showContext(name: string | undefined): ContextRow {
  return rowOf(name ?? readContexts().current ?? LOCAL)
}

function rowOf(name: string): ContextRow {
  const file = readContexts()
  if (name !== LOCAL) demand(file, name)
  return contextRows(file).find((row) => row.name === name) as ContextRow
}
