/**
 * Time until `agentctl --help` has answered, and until `agentctl serve` is ready.
 *
 * The first is compared with what Node takes to start and do nothing.
 */
import { folders } from '../../src/runtime/kernel/config.ts'
import { findRedisServer } from '../../src/runtime/platform/redis/index.ts'
import { timeHelp } from './startup/help.ts'
import { timeReady } from './startup/ready.ts'
import { machine, machineLine } from './support/machine.ts'
import { count, main } from './support/main.ts'
import { flag, readOptions } from './support/options.ts'
import { median, percentile } from './support/statistics.ts'
import { short, table } from './support/table.ts'

const USAGE = `npm run bench -- startup [options]

  --runs N     runs of --help, each beside one of a bare Node (20)
  --serves N   starts of serve (5)
  --json       results as JSON on stdout
`
/** How much longer than a bare Node `--help` may take. */
const HELP_BAR = 3
/** Milliseconds until serve must be ready. */
const READY_BAR = 5_000

await main(async (args) => {
  const { runs, serves, json, help } = parse(args)
  if (help) {
    process.stdout.write(USAGE)
    return true
  }
  // Once in the life of a machine, and mostly the network's speed: not a part of starting.
  await findRedisServer({ cache: folders().cache, say: (text) => process.stderr.write(`${text}\n`) })
  const times = await timeHelp(count('runs', runs))
  const ready = await timeReady(count('serves', serves))
  const result = { machine: machine(), ...times, ready }
  process.stdout.write(
    json ? `${JSON.stringify({ benchmark: 'startup', ...result }, null, 2)}\n` : report(result),
  )
  return true
})

function report(result: {
  machine: ReturnType<typeof machine>
  help: number[]
  bare: number[]
  ready: number[]
}) {
  const { help, bare, ready } = result
  const ratio = median(help) / median(bare)
  const verdict = (met: boolean) => (met ? 'met' : 'MISSED')
  return [
    machineLine(result.machine),
    '',
    table([
      ['', 'median ms', 'p95 ms', 'runs'],
      row('node -e 0', bare),
      row('agentctl --help', help),
      row('agentctl serve --ephemeral, until ready', ready),
    ]),
    '',
    `agentctl --help against node -e 0: ×${short(ratio)} (bar of ×${HELP_BAR}: ${verdict(ratio <= HELP_BAR)})`,
    `agentctl serve: ready within ${READY_BAR / 1_000} s: ${verdict(median(ready) <= READY_BAR)}`,
    '',
  ].join('\n')
}

function row(name: string, times: number[]): string[] {
  return [name, short(median(times)), short(percentile(times, 0.95)), String(times.length)]
}

function parse(args: string[]) {
  return readOptions(
    args,
    {
      runs: { type: 'string', default: '20' },
      serves: { type: 'string', default: '5' },
      json: flag,
      help: flag,
    },
    USAGE,
  )
}
