import { count, UsageError } from '../support/main.ts'
import { flag, readOptions, text } from '../support/options.ts'
import { CONTENDERS, type Contender, SCENARIO_NAMES, type ScenarioName } from './scenarios.ts'

export interface BalancerOptions {
  seconds: number
  repeats: number
  scenarios: readonly ScenarioName[]
  contenders: readonly Contender[]
  json: boolean
  help: boolean
}

export const USAGE = `npm run bench -- balancer [options]

  --seconds N        length of each measured window (8)
  --repeats N        windows per policy and scenario; medians are shown (3)
  --scenarios NAMES  some of ${SCENARIO_NAMES.join(', ')}, with commas
  --only NAMES       some of ${CONTENDERS.join(', ')}, with commas
  --json             results as JSON on stdout
`

/** @throws UsageError */
export function parseOptions(args: string[]): BalancerOptions {
  const { seconds, repeats, scenarios, only, json, help } = parse(args)
  return {
    seconds: count('seconds', seconds),
    repeats: count('repeats', repeats),
    scenarios: choose('scenarios', scenarios, SCENARIO_NAMES),
    contenders: choose('only', only, CONTENDERS),
    json,
    help,
  }
}

function choose<T extends string>(flag: string, text: string | undefined, names: readonly T[]): readonly T[] {
  const wanted = text?.split(',')
  const unknown = wanted?.find((name) => !names.includes(name as T))
  if (unknown !== undefined)
    throw new UsageError(`--${flag} takes some of ${names.join(', ')}, not "${unknown}"`)
  return names.filter((name) => wanted?.includes(name) ?? true)
}

function parse(args: string[]) {
  return readOptions(
    args,
    {
      seconds: text('8'),
      repeats: text('3'),
      scenarios: { type: 'string' },
      only: { type: 'string' },
      json: flag,
      help: flag,
    },
    USAGE,
  )
}
