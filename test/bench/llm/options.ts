import { count, UsageError } from '../support/main.ts'
import { flag, readOptions, text } from '../support/options.ts'
import { CONTENDER_NAMES, type ContenderName } from './contenders.ts'

export interface LlmOptions {
  seconds: number
  repeats: number
  concurrency: readonly number[]
  contenders: readonly ContenderName[]
  json: boolean
  help: boolean
}

export const USAGE = `npm run bench -- llm [options]

  --seconds N        how long each measurement takes (3)
  --repeats N        rounds per contender; medians are shown (5)
  --concurrency N,N  requests under way (1,10,50)
  --only NAMES       some of ${CONTENDER_NAMES.join(', ')}, with commas
  --json             results as JSON on stdout
`

/** @throws UsageError */
export function parseOptions(args: string[]): LlmOptions {
  const { seconds, repeats, concurrency, only, json, help } = parse(args)
  return {
    seconds: count('seconds', seconds),
    repeats: count('repeats', repeats),
    concurrency: concurrency.split(',').map((text) => count('concurrency', text)),
    contenders: only === undefined ? CONTENDER_NAMES : only.split(',').map(nameOf),
    json,
    help,
  }
}

function nameOf(text: string): ContenderName {
  const name = CONTENDER_NAMES.find((each) => each === text)
  if (name !== undefined) return name
  throw new UsageError(`--only takes some of ${CONTENDER_NAMES.join(', ')}, not "${text}"`)
}

function parse(args: string[]) {
  return readOptions(
    args,
    {
      seconds: text('3'),
      repeats: text('5'),
      concurrency: text('1,10,50'),
      only: { type: 'string' },
      json: flag,
      help: flag,
    },
    USAGE,
  )
}
