import type { z } from 'zod'
import type { Resolved } from '../runtime/kernel/index.ts'
import { settingsOf } from '../runtime/settings.ts'
import { toValues } from './flags.ts'
import { stateDirOf } from './state-only.ts'

/**
 * Settings of a command: its flags over environment, project file, context and the serve that runs here.
 * @param options.lenient where it does not matter that a context may not say where to go
 */
export function resolveSettings<S extends z.ZodObject>(
  schema: S,
  flags: Record<string, unknown>,
  options: { lenient?: boolean } = {},
): Resolved<z.output<S>> {
  return settingsOf(schema, toValues(flags), stateDirOf(flags), options)
}
