import { count, UsageError } from '../support/main.ts'
import { flag, readOptions, text } from '../support/options.ts'

export const USAGE = `npm run bench -- loadtest [options]

  --only WHAT      truth: percentiles against a server that stalls (45 s); speed: CPU and rate
  --seconds N      length of a window of the latter (6)
  --repeats N      windows for each tool; medians are shown (5)
  --connections N  under way at once (50)
  --json           results as JSON on stdout
`

/** @throws UsageError */
export function parseOptions(args: string[]) {
  const { only, seconds, repeats, connections, json, help } = readOptions(
    args,
    {
      only: { type: 'string' },
      seconds: text('6'),
      repeats: text('5'),
      connections: text('50'),
      json: flag,
      help: flag,
    },
    USAGE,
  )
  if (only !== undefined && only !== 'truth' && only !== 'speed') {
    throw new UsageError(`--only takes truth or speed, not "${only}"`)
  }
  return {
    only,
    seconds: count('seconds', seconds),
    repeats: count('repeats', repeats),
    connections: count('connections', connections),
    json,
    help,
  }
}
