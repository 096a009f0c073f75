import { Flags } from '@oclif/core'
import { z } from 'zod'
import { contextSettings, duration, redisSettings, stateSettings } from '../runtime/kernel/index.ts'
import { flagsOf } from './flags.ts'

export const tailSettings = z.object({
  ...redisSettings,
  ...stateSettings,
  ...contextSettings,
  since: duration()
    .optional()
    .meta({ description: 'Entries of the last while, such as 10m', placeholder: 'DURATION' }),
})

/** What everything that tails takes. */
export const tailFlags = {
  ...flagsOf(tailSettings),
  from: Flags.string({
    description: 'Where to begin: an entry id, "first" or "new"',
    helpValue: '<id|first|new>',
  }),
  count: Flags.integer({ description: 'Newest entries to begin with', char: 'n', default: 10, min: 0 }),
  follow: Flags.boolean({ description: 'Stay and show new entries', char: 'f' }),
  filter: Flags.string({
    description: 'Only entries with this value',
    multiple: true,
    helpValue: '<field=value>',
  }),
  grep: Flags.string({ description: 'Only entries with a value that matches', helpValue: '<regexp>' }),
  fields: Flags.string({ description: 'Fields to show, separated by commas', helpValue: '<a,b>' }),
  output: Flags.option({ options: ['text', 'json', 'ndjson'] as const, char: 'o', default: 'text' as const })(
    {
      description: 'Form of the output',
    },
  ),
}
