import { count, UsageError } from '../support/main.ts'
import { flag, readOptions, text } from '../support/options.ts'

export const PARTS = ['register', 'process', 'latency', 'rules'] as const
export type Part = (typeof PARTS)[number]

export interface CampaignsBenchOptions {
  parts: readonly Part[]
  /** Of the backlog. */
  events: number
  naiveEvents: number
  rules: number
  clients: number
  seconds: number
  processors: number
  /** Events a second whose latency is measured. */
  rate: number
  repeats: number
  json: boolean
  help: boolean
}

export const USAGE = `npm run bench -- campaigns [options]

  --only LIST        parts to measure, of ${PARTS.join(',')} (all)
  --events N         events that wait to be processed (20000)
  --naive-events N   the same for the naive processor (2000)
  --rules N          active rules, in ten campaigns (100)
  --clients N        clients that register events one by one (50)
  --seconds N        how long events are registered, and latency is measured (5)
  --processors N     batches that agentctl processes at once, in one process (2)
  --rate N           events a second whose latency is measured (50)
  --repeats N        medians are shown (3)
  --json             results as JSON on stdout
`

/** @throws UsageError */
export function parseOptions(args: string[]): CampaignsBenchOptions {
  const { only, json, help, ...given } = readOptions(
    args,
    {
      only: text(PARTS.join(',')),
      events: text('20000'),
      'naive-events': text('2000'),
      rules: text('100'),
      clients: text('50'),
      seconds: text('5'),
      processors: text('2'),
      rate: text('50'),
      repeats: text('3'),
      json: flag,
      help: flag,
    },
    USAGE,
  )
  const number = (name: keyof typeof given) => count(name, given[name])
  return {
    parts: only.split(',').map(toPart),
    events: number('events'),
    naiveEvents: number('naive-events'),
    rules: number('rules'),
    clients: number('clients'),
    seconds: number('seconds'),
    processors: number('processors'),
    rate: number('rate'),
    repeats: number('repeats'),
    json,
    help,
  }
}

function toPart(name: string): Part {
  const part = PARTS.find((each) => each === name)
  if (part === undefined) throw new UsageError(`--only takes parts of ${PARTS.join(', ')}, not "${name}"`)
  return part
}
