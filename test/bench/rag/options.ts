import { count, UsageError } from '../support/main.ts'
import { flag, readOptions, text } from '../support/options.ts'

export interface RagOptions {
  concurrency: number
  seconds: number
  repeats: number
  /** Bursts in each repeat. */
  bursts: number
  mock: number
  replicas: number
  apart: boolean
  json: boolean
  help: boolean
}

export const USAGE = `npm run bench -- rag [options]

  --concurrency N  queries under way (50)
  --seconds N      how long each closed loop takes (4)
  --bursts N       bursts in each repeat (40)
  --repeats N      medians are shown (5)
  --mock N         milliseconds the mock model takes (0)
  --replicas N     replicas of the LLM service (3)
  --apart          each stage in a process of its own, instead of all in one
  --json           results as JSON on stdout
`

/** @throws UsageError */
export function parseOptions(args: string[]): RagOptions {
  const { concurrency, seconds, repeats, bursts, mock, replicas, apart, json, help } = parse(args)
  const latency = Number(mock)
  if (!(latency >= 0)) throw new UsageError(`--mock takes milliseconds, not "${mock}"`)
  return {
    concurrency: count('concurrency', concurrency),
    seconds: count('seconds', seconds),
    repeats: count('repeats', repeats),
    bursts: count('bursts', bursts),
    mock: latency,
    replicas: count('replicas', replicas),
    apart,
    json,
    help,
  }
}

function parse(args: string[]) {
  return readOptions(
    args,
    {
      concurrency: text('50'),
      seconds: text('4'),
      repeats: text('5'),
      bursts: text('40'),
      mock: text('0'),
      replicas: text('3'),
      apart: flag,
      json: flag,
      help: flag,
    },
    USAGE,
  )
}
