import type { z } from 'zod'
import { roles } from '../roles.ts'

/** Takes away every variable that is for other roles alone, among them all addresses, passwords and keys. */
export function secludedEnvironment(role: string): Record<string, undefined> {
  const own = new Set(
    roles.filter(({ name }) => name === role).flatMap(({ options }) => variablesOf(options)),
  )
  const foreign = roles.flatMap(({ options }) => variablesOf(options)).filter((name) => !own.has(name))
  return Object.fromEntries(foreign.map((name) => [name, undefined]))
}

function variablesOf(options: z.ZodObject): string[] {
  return Object.values(options.shape).flatMap((field) => [...((field as z.ZodType).meta()?.env ?? [])])
}
