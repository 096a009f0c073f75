import type { z } from 'zod'
import type { ContextValues } from '../../runtime/contexts/index.ts'
import { kebab, PROJECT_FILE, type Values } from '../../runtime/kernel/index.ts'

/**
 * What comes before a context that no flag names, a sentence each: people forget what they have exported.
 * @param schema says which variables set a setting
 */
export function overridesOf(
  schema: z.ZodObject,
  values: ContextValues,
  env: Readonly<Record<string, string | undefined>>,
  file: Values,
): string[] {
  return Object.keys(values).flatMap((key) => {
    const names = (schema.shape[key] as z.ZodType | undefined)?.meta()?.env ?? []
    const others = key === 'redisUrl' ? ['REDIS_HOST', 'REDIS_PORT'] : []
    const variable = [...names, ...others].find((name) => env[name])
    if (variable !== undefined)
      return [`${variable} is set and comes before ${kebab(key)} of the context, unless --context names it.`]
    if (file[key] === undefined || file[key] === null) return []
    return [`"${key}" in ${PROJECT_FILE} comes before that of the context, unless --context names it.`]
  })
}
