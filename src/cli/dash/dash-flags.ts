import { Flags } from '@oclif/core'
import { z } from 'zod'
import type { PaneName } from '../../runtime/dashboard/index.ts'
import {
  clientSettings,
  contextSettings,
  kernelError,
  parseDuration,
  redisSettings,
  stateSettings,
} from '../../runtime/kernel/index.ts'
import { flagsOf } from '../flags.ts'

export const dashSettings = z.object({
  ...redisSettings,
  ...stateSettings,
  ...contextSettings,
  ...clientSettings,
})

const PANES = ['overview', 'streams', 'groups', 'replicas', 'latency', 'logs', 'letters'] as const
// Checked here: each pane there is can be named.
PANES satisfies readonly PaneName[]

/** Milliseconds: what a screen can use, and what still is a look at the present. */
const SHORTEST = 250
const LONGEST = 60_000

const interval = Flags.custom<number>({
  helpValue: '<duration>',
  parse: async (text) => {
    const ms = parseDuration(text)
    if (ms !== undefined && ms >= SHORTEST && ms <= LONGEST) return ms
    throw kernelError('CONFIG_INVALID', `--interval: "${text}" is not a duration from 250ms to 60s`, {
      field: 'interval',
      fix: 'Write it as 500ms, 1s or 1m.',
    })
  },
})

export const dashFlags = {
  ...flagsOf(dashSettings),
  once: Flags.boolean({ description: 'Print what there is as text, and leave' }),
  follow: Flags.boolean({
    description: 'With --json: print a line of JSON each interval, until Ctrl-C',
    char: 'f',
  }),
  'read-only': Flags.boolean({ description: 'Only look: offer nothing that changes anything' }),
  interval: interval({ description: 'Time between two looks [default: 1s]' }),
  pane: Flags.option({ options: PANES })({ description: 'What to show first, or with --once alone' }),
  output: Flags.option({ options: ['text', 'json', 'ndjson'] as const, char: 'o', default: 'text' as const })(
    {
      description: 'Form of the output with --once',
    },
  ),
}
