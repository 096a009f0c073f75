import type { z } from 'zod'

type Env = Readonly<Record<string, string | undefined>>

const MASK = '***'
/** Shorter values are words that stand everywhere. */
const SHORTEST = 6

/** Variables whose names say that they hold a secret. */
const SECRET_NAME =
  /pass(word|wd|phrase)?|secret|token|api_?key|private|credential|authorization|cookie|_key$|^pwd$/i

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** Values that must not be seen, the longest first: those of secret settings and of variables with telling names. */
export function secretValues(
  env: Env,
  schemas: readonly z.ZodObject[],
  file: Readonly<Record<string, unknown>>,
): string[] {
  const fields = schemas.flatMap(({ shape }) => Object.entries(shape) as [string, z.ZodType][])
  const secret = fields.filter(([, field]) => field.meta()?.secret === true)
  const variables = new Set(secret.flatMap(([, field]) => field.meta()?.env ?? []))
  const found = [
    ...Object.entries(env).flatMap(([name, value]) =>
      variables.has(name) || isSecretName(name) ? [value] : [],
    ),
    ...secret.map(([key]) => file[key]),
  ].flatMap((value) => (typeof value === 'string' ? partsOf(value) : []))
  return [...new Set(found)].filter((text) => text.length >= SHORTEST).toSorted((a, b) => b.length - a.length)
}

/** Of an address its password alone is secret. A list of keys is taken apart, as each is one. */
function partsOf(value: string): string[] {
  const login = /:\/\/[^:@/?#]*:([^/?#]*)@/.exec(value)?.[1]
  if (login !== undefined) return [login, decoded(login)]
  if (value.includes('://')) return []
  return [value, ...value.split(/[,=\s]/)]
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
  /()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  /([?&][\w-]*(?:password|token|secret|api_?key)=)[^&\s"']+/gi,
  /("[^"]*(?:password|passwd|secret|token|api_?key|authorization)[^"]*"\s*:\s*")(?:[^"\\]|\\.)*(?=")/gi,
  /(\\"[^"\\]*(?:password|passwd|secret|token|api_?key|authorization)[^"\\]*\\"\s*:\s*\\")(?:[^"\\]|\\[^"])*(?=\\")/gi,
  /(\b[\w-]*(?:password|passwd|secret|token|api[_-]?key)\s*[=:]\s*)(?!\s|"|\\)[^\s,;"'&]+/gi,
]

/** The text with everything replaced that is known to be a secret, or looks like one. */
export function maskText(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text)
  return PATTERNS.reduce((masked, pattern) => masked.replace(pattern, `$1${MASK}`), known)
}
