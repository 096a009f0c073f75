import { contextsError } from './errors.ts'

/** The settings that a context may have: where a system is, and who one is to it. */
export const CONTEXT_KEYS = [
  'redisUrl',
  'databaseUrl',
  'dbPassword',
  'gatewayUrl',
  'apiKey',
  'campaignsUrl',
  'apiUsername',
  'apiPassword',
  'llmUrl',
  'llmApiKey',
] as const

export type ContextKey = (typeof CONTEXT_KEYS)[number]
export type ContextValues = Readonly<Partial<Record<ContextKey, string>>>

/** Those that are addresses of something. */
export const ADDRESSES: readonly ContextKey[] = [
  'redisUrl',
  'databaseUrl',
  'gatewayUrl',
  'campaignsUrl',
  'llmUrl',
]

/** The name for using no context: what runs here, as without contexts. */
export const LOCAL = 'local'

export function isContextName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) && text !== LOCAL
}

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/**
 * The values with each `${NAME}` replaced by that environment variable, so that a secret need not be in the file.
 * @throws AgentctlError CONTEXT_VARIABLE_MISSING
 */
export function fillIn(
  context: string,
  values: ContextValues,
  env: Readonly<Record<string, string | undefined>>,
): ContextValues {
  const filled = Object.entries(values).map(([key, text]) => {
    const value = text.replace(REFERENCE, (_, name: string) => {
      const found = env[name]
      if (found !== undefined && found !== '') return found
      throw contextsError(
        'CONTEXT_VARIABLE_MISSING',
        `${name}, which "${key}" of context ${context} refers to`,
      )
    })
    return [key, value]
  })
  return Object.fromEntries(filled)
}
