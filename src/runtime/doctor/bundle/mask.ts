import type { z } from 'zod'

type Env = Readonly<Record<string, string | undefined>>

const MASK = '***'
/** Shorter values are words that stand everywhere. */
const SHORTEST = 6

/** Variables whose names say that they hold a secret. */
const SECRET_NAME =
  /pass(word|wd|phrase)?|secret|token|api_?key|private|credential|authorization|cookie|_key$/i

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

type Values = Readonly<Record<string, unknown>>

/**
 * Values that must not be seen, the longest first: those of secret settings and of variables with telling names, and the passwords of
 * all addresses; each in every way it may be written.
 * @param layers settings of other places: files, contexts, what was found to be used
 */
export function secretValues(env: Env, schemas: readonly z.ZodObject[], layers: readonly Values[]): string[] {
  const fields = schemas.flatMap(({ shape }) => Object.entries(shape) as [string, z.ZodType][])
  const secret = fields.filter(([, field]) => field.meta()?.secret === true)
  const variables = new Set(secret.flatMap(([, field]) => field.meta()?.env ?? []))
  const keys = new Set(secret.map(([key]) => key))
  const all = [
    ...Object.entries(env).map(([name, value]) => ({
      value,
      telling: variables.has(name) || isSecretName(name),
    })),
    ...layers.flatMap((layer) =>
      Object.entries(layer).map(([key, value]) => ({ value, telling: keys.has(key) })),
    ),
  ]
  const found = all.flatMap(({ value, telling }) =>
    typeof value === 'string' ? partsOf(value, telling).flatMap(written) : [],
  )
  return [...new Set(found)].filter((text) => text.length >= SHORTEST).toSorted((a, b) => b.length - a.length)
}

/** Of an address its passwords alone are secret. A list of keys is taken apart, as each is one. */
function partsOf(value: string, telling: boolean): string[] {
  if (!value.includes('://')) return telling ? [value, ...value.split(/[,=\s]/)] : []
  const login = /:\/\/[^:@/?#]*:(.*)@/.exec(value)?.[1]
  const queries = [...value.matchAll(/[?&][^=&]*password=([^&]*)/gi)].map(([, text = '']) => text)
  return login === undefined ? queries : [login, ...queries]
}

/** As it is, in JSON, and in an address. */
function written(secret: string): string[] {
  const plain = decoded(secret)
  return [secret, plain, encodeURIComponent(plain), JSON.stringify(plain).slice(1, -1)]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What secrets look like wherever they are. The first group stays. */
const PATTERNS: readonly RegExp[] = [
  /(:\/\/[^:@/?#\s"']*:)[^@\s"']+(?=@)/g,
  /\b((?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{6,}/gi,
  /()\bsk-[A-Za-z0-9_-]{8,}/g,
  /()\b(?:gh[a-z]_|github_pat_|glpat-|xox[a-z]-|AIza|hf_|gsk_)[A-Za-z0-9_-]{16,}/g,
  /()\bAKIA[0-9A-Z]{12,}/g,
  /(\s(?:-u|--user)[ =][^\s:]+:)\S+/g,
  /()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  /([?&][\w-]*(?:password|token|secret|api_?key)=)[^&\s"']+/gi,
  /("[^"]*(?:password|passwd|secret|token|api_?key|authorization)[^"]*"\s*:\s*")(?:[^"\\]|\\.)*(?=")/gi,
  /(\\"[^"\\]*(?:password|passwd|secret|token|api_?key|authorization)[^"\\]*\\"\s*:\s*\\")(?:[^"\\]|\\[^"])*(?=\\")/gi,
  /(\b[\w-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key)\s*[=:]\s*'?)(?!\s|"|\\)[^\s,;"'&]+/gi,
]

/** The text with everything replaced that is known to be a secret, or looks like one. */
export function maskText(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text)
  return PATTERNS.reduce((masked, pattern) => masked.replace(pattern, `$1${MASK}`), known)
}
