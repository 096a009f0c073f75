import { count } from '../support/main.ts'
import { flag, readOptions, text } from '../support/options.ts'

export interface EvalOptions {
  seconds: number
  concurrency: number
  runs: number
  rows: number
  repeats: number
  json: boolean
  help: boolean
}

export const USAGE = `npm run bench -- eval [options]

  --seconds N      how long submissions are sent (5), and programs are run for throughput
  --concurrency N  requests under way (10)
  --runs N         programs one after the other, of each language and backend (30)
  --rows N         evaluations for storage to write (10000)
  --repeats N      medians are shown (3)
  --json           results as JSON on stdout

Docker takes part where DOCKER_HOST, or the usual socket, answers and has the images of \`agentctl images build\`.
`

/** @throws UsageError */
export function parseOptions(args: string[]): EvalOptions {
  const { seconds, concurrency, runs, rows, repeats, json, help } = parse(args)
  return {
    seconds: count('seconds', seconds),
    concurrency: count('concurrency', concurrency),
    runs: count('runs', runs),
    rows: count('rows', rows),
    repeats: count('repeats', repeats),
    json,
    help,
  }
}

function parse(args: string[]) {
  return readOptions(
    args,
    {
      seconds: text('5'),
      concurrency: text('10'),
      runs: text('30'),
      rows: text('10000'),
      repeats: text('3'),
      json: flag,
      help: flag,
    },
    USAGE,
  )
}
