import { count } from '../support/main.ts'
import { flag, readOptions, text } from '../support/options.ts'

export const USAGE = `npm run bench -- dash [options]

  --samples N   samples of the sampler, one a second (60)
  --seconds N   how long the processor time of dash, and of Redis with and without it, is watched (30)
  --keys N      keys that are no streams (1000000)
  --part LIST   sampler, screen or both: sampler,screen
  --json        results as JSON on stdout
`

export interface Options {
  samples: number
  seconds: number
  keys: number
  parts: readonly string[]
  json: boolean
  help: boolean
}

export function parseOptions(args: string[]): Options {
  const given = readOptions(
    args,
    {
      samples: text('60'),
      seconds: text('30'),
      keys: text('1000000'),
      part: text('sampler,screen'),
      json: flag,
      help: flag,
    },
    USAGE,
  )
  return {
    samples: count('samples', given.samples),
    seconds: count('seconds', given.seconds),
    keys: count('keys', given.keys),
    parts: given.part.split(','),
    json: given.json,
    help: given.help,
  }
}
