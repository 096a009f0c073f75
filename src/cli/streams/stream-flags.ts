import { Flags } from '@oclif/core'
import { z } from 'zod'
import {
  contextSettings,
  kernelError,
  parseDuration,
  redisSettings,
  stateSettings,
} from '../../runtime/kernel/index.ts'
import { flagsOf } from '../flags.ts'

/** For commands that need nothing but Redis. */
export const redisOnly = z.object({ ...redisSettings, ...stateSettings, ...contextSettings })

export const redisFlags = flagsOf(redisOnly)

/** The forms in which a list can be printed. */
export const outputFlag = Flags.option({
  options: ['table', 'wide', 'json', 'ndjson', 'name'] as const,
  char: 'o',
  default: 'table' as const,
})({ description: 'Form of the output' })

export const allFlag = Flags.boolean({
  description: 'Every stream, not only those of the event bus',
  char: 'a',
})

/** What everything that destroys takes. */
export const changeFlags = {
  'dry-run': Flags.boolean({ description: 'Say what would happen, with exact counts, and change nothing' }),
  yes: Flags.boolean({ description: 'Do not ask', char: 'y' }),
}

/**
 * A length of time, in milliseconds. Not a setting: what is to be destroyed is never taken from a project file, and
 * streams may be older than timers can count.
 */
export const durationFlag = Flags.custom<number>({
  helpValue: '<duration>',
  parse: async (text) => {
    const ms = parseDuration(text)
    if (ms !== undefined) return ms
    throw kernelError('CONFIG_INVALID', `"${text}" is not a duration such as 500ms, 30s, 5m, 2h or 7d`)
  },
})
