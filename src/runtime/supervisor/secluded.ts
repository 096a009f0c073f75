import type { z } from 'zod'
import { variablesOf } from '../kernel/index.ts'
import { roles } from '../roles.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What any program may need to find itself, its files and its language. None of them is a secret. */
const HARMLESS =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|TMPDIR|TZ|LANG|LANGUAGE|LC_\w+|LD_LIBRARY_PATH|XDG_\w+|SSL_CERT_(FILE|DIR)|NODE_(OPTIONS|ENV|EXTRA_CA_CERTS|COMPILE_CACHE|V8_COVERAGE))$/

/** Where traces go, and what whoever collects them wants to see: the same for all roles. */
const TRACING = /^OTEL_\w+$/

/**
 * Takes away every variable that a role has no need of: those for other roles, among them all addresses, passwords and keys,
 * and those of other programs, which may be as secret.
 */
export function secludedEnvironment(role: string, env: Environment = process.env): Record<string, undefined> {
  const own = variablesOfRole(role)
  const known = new Set(roles.flatMap(({ options }) => variablesOfSchema(options)))
  const keeps = (name: string) =>
    own.has(name) ||
    (!known.has(name) && (HARMLESS.test(name) || TRACING.test(name) || name.startsWith('AGENTCTL_')))
  return Object.fromEntries(
    Object.keys(env)
      .filter((name) => !keeps(name))
      .map((name) => [name, undefined]),
  )
}

/** Those of some variables that a role has an option for. */
export function heardBy(role: string, env: Environment): Record<string, string | undefined> {
  const own = variablesOfRole(role)
  return Object.fromEntries(Object.entries(env).filter(([name]) => own.has(name)))
}

function variablesOfRole(role: string): ReadonlySet<string> {
  return new Set(
    roles.filter(({ name }) => name === role).flatMap(({ options }) => variablesOfSchema(options)),
  )
}

function variablesOfSchema(options: z.ZodObject): string[] {
  return Object.values(options.shape).flatMap((field) => variablesOf((field as z.ZodType).meta() ?? {}))
}
