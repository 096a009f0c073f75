import { count, UsageError } from '../support/main.ts'
import { flag, readOptions, text } from '../support/options.ts'
import { CONTENDER_NAMES, type ContenderName } from './contenders/contender.ts'

export interface Settings {
  /** What a measurement is to take; the number of events follows from the warm-up. */
  seconds: number
  /** Fixed number of events instead. */
  events: number | undefined
  repeats: number
  /** Publisher and consumer in one process. */
  together: boolean
  /** Redis with an append-only file, written to disk every second. */
  aof: boolean
}

export interface BusOptions extends Settings {
  contenders: readonly ContenderName[]
  json: boolean
  help: boolean
}

export const USAGE = `npm run bench -- bus [options]

  --seconds N    about how long each measurement takes (4)
  --events N     events in each measurement of throughput, instead of what the warm-up suggests
  --repeats N    rounds per contender; medians are shown (5)
  --only NAMES   some of ${CONTENDER_NAMES.join(', ')}, with commas
  --together     publisher and consumer in one process
  --aof          Redis with an append-only file (everysec)
  --json         results as JSON on stdout
`

/** @throws UsageError */
export function parseOptions(args: string[]): BusOptions {
  const { seconds, events, repeats, only, together, aof, json, help } = parse(args)
  return {
    seconds: count('seconds', seconds),
    events: events === undefined ? undefined : count('events', events),
    repeats: count('repeats', repeats),
    contenders: only === undefined ? CONTENDER_NAMES : only.split(',').map(nameOf),
    together,
    aof,
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
      seconds: text('4'),
      events: { type: 'string' },
      repeats: text('5'),
      only: { type: 'string' },
      together: flag,
      aof: flag,
      json: flag,
      help: flag,
    },
    USAGE,
  )
}
