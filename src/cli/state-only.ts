import { z } from 'zod'
import { loadConfig, stateSettings } from '../runtime/kernel/index.ts'
import { toValues } from './flags.ts'

/** For commands that talk to a running serve: all they need is its folder. */
export const stateOnly = z.object(stateSettings)

/** The state folder that flags, environment and project file name; undefined for the default. */
export function stateDirOf(flags: Record<string, unknown>): string | undefined {
  return loadConfig(stateOnly, toValues(flags)).values.stateDir
}
