import { count, UsageError } from '../support/main.ts'
import { flag, readOptions, text } from '../support/options.ts'
import { RELAY_NAMES, type RelayName } from './relays/relay.ts'

export interface ChatOptions {
  clients: number
  seconds: number
  repeats: number
  relays: readonly RelayName[]
  json: boolean
  help: boolean
}

export const USAGE = `npm run bench -- chat [options]

  --clients N    clients, each with a chat of its own at 1 message/s (1000)
  --seconds N    length of the measured window (15)
  --repeats N    windows per relay; medians are shown (3)
  --only RELAY   ${RELAY_NAMES.join(', ')}
  --json         results as JSON on stdout
`

/** @throws UsageError */
export function parseOptions(args: string[]): ChatOptions {
  const { clients, seconds, repeats, only, json, help } = parse(args)
  if (only !== undefined && !RELAY_NAMES.includes(only as RelayName)) {
    throw new UsageError(`--only takes one of ${RELAY_NAMES.join(', ')}, not "${only}"`)
  }
  return {
    clients: count('clients', clients),
    seconds: count('seconds', seconds),
    repeats: count('repeats', repeats),
    relays: only === undefined ? RELAY_NAMES : [only as RelayName],
    json,
    help,
  }
}

function parse(args: string[]) {
  return readOptions(
    args,
    {
      clients: text('1000'),
      seconds: text('15'),
      repeats: text('3'),
      only: { type: 'string' },
      json: flag,
      help: flag,
    },
    USAGE,
  )
}
