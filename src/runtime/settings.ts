import type { z } from 'zod'
import { ADDRESSES, BY_FLAG, type ChosenContext, chosenContext, contextsError } from './contexts/index.ts'
import { type ContextLayer, kebab, loadConfig, type Resolved, type Values } from './kernel/index.ts'
import { runningServe } from './supervisor/run-file.ts'

/**
 * Settings by precedence: the given values, environment, project file, the context in use, the serve that runs here, defaults; a
 * context that a flag names comes before the environment. Only a schema with the setting `context` takes part in contexts; with one in use, what runs
 * here is not asked, so that two systems never mix.
 * @param lenient a context may also leave open where to go
 * @throws AgentctlError CONTEXT_UNKNOWN, CONTEXT_INCOMPLETE
 */
export function settingsOf<S extends z.ZodObject>(
  schema: S,
  values: Values,
  stateDir?: string,
  { lenient = false }: { lenient?: boolean } = {},
): Resolved<z.output<S>> {
  if (!('context' in schema.shape))
    return loadConfig(schema, values, withoutHost(schema, values, whatRuns(stateDir)))
  const context = contextOf(values)
  const resolved =
    context === undefined
      ? loadConfig(schema, values, withoutHost(schema, values, whatRuns(stateDir)))
      : loadConfig(schema, values, {}, layerOf(schema, values, context))
  if (context !== undefined && !lenient) demandAddress(schema, resolved.sources, context)
  // The name that counts, whatever has named it; none for `local`.
  return { ...resolved, values: { ...resolved.values, context: context?.name } }
}

function layerOf(schema: z.ZodObject, values: Values, context: ChosenContext): ContextLayer {
  const asFlag = context.by === BY_FLAG
  const own = asFlag && !namesHost(values) ? context.values : withoutHost(schema, values, context.values)
  return { name: context.name, values: own, asFlag }
}

/**
 * The context that commands use; its name is null where they use none.
 * @param values flags as settings: `{ context }`
 * @throws AgentctlError CONTEXT_UNKNOWN
 */
export function currentContext(values: Values = {}): { name: string | null; by: string | null } {
  const { name = null, by = null } = contextOf(values) ?? {}
  return { name, by }
}

function contextOf({ context }: Values): ChosenContext | undefined {
  return chosenContext(typeof context === 'string' ? context : undefined)
}

function whatRuns(stateDir: string | undefined): Values {
  const { redisUrl, databaseUrl, gatewayUrl, campaignsUrl } = runningServe(stateDir) ?? {}
  return { redisUrl, databaseUrl, gatewayUrl, campaignsUrl }
}

/** REDIS_HOST and REDIS_PORT are weaker than REDIS_URL, yet stronger than a context, or a serve that happens to run. */
function withoutHost(schema: z.ZodObject, flags: Values, weaker: Values): Values {
  if (!('redisHost' in schema.shape)) return weaker
  if (!namesHost(loadConfig(schema.pick({ redisHost: true, redisPort: true }), flags).values)) return weaker
  const { redisUrl: _, ...rest } = weaker
  return rest
}

function namesHost({ redisHost, redisPort }: Values): boolean {
  return redisHost !== undefined || redisPort !== undefined
}

/** With a context in use, the usual addresses of this machine are not what anybody means. */
function demandAddress(schema: z.ZodObject, sources: Resolved<unknown>['sources'], context: ChosenContext) {
  const own = ADDRESSES.filter((key) => key in schema.shape)
  const given = [...own, 'redisHost', 'redisPort'].some(
    (key) => sources[key] && sources[key].source !== 'default',
  )
  if (own.length === 0 || given) return
  const flags = own.map((key) => `--${kebab(key)}`).join(' or ')
  throw contextsError(
    'CONTEXT_INCOMPLETE',
    `${context.name}, named by ${context.by}, has no ${own.join(' or ')}`,
    {
      field: own[0] as string,
      fix: `Make it anew with \`agentctl context add ${context.name} --replace … ${flags} URL\`, or use \`--context local\` for what runs here.`,
    },
  )
}
