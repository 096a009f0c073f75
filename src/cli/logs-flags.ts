import { Args, Flags } from '@oclif/core'
import { flagsOf } from './flags.ts'
import { stateOnly } from './state-only.ts'

export const targetArg = Args.string({ description: 'ROLE or ROLE/NUMBER; all when left out' })

/** What everything that shows logs takes. */
export const logsFlags = {
  ...flagsOf(stateOnly),
  lines: Flags.integer({ description: 'Lines to begin with', char: 'n', default: 100, min: 0, max: 10_000 }),
}
