/**
 * Chats a second while nothing, a tenth, and all of them are traced.
 *
 * Each window has a fresh `serve`, and the order changes with every repeat. The collector takes everything and keeps nothing.
 */
import { processesBelow } from './memory/processes.ts'
import { load, type Measurement } from './support/http-load.ts'
import { type Machine, machine, machineLine } from './support/machine.ts'
import { count, main } from './support/main.ts'
import { flag, readOptions, text } from './support/options.ts'
import { startServe } from './support/serve.ts'
import { median } from './support/statistics.ts'
import { short, table } from './support/table.ts'
import { startCollector } from './tracing/collector.ts'
import { chats, HANDLER } from './tracing/target.ts'

const USAGE = `npm run bench -- tracing [options]

  --connections N  chats at once (32)
  --seconds N      length of each window (10)
  --repeats N      windows of each kind; medians are shown (3)
  --json           results as JSON on stdout
`
/** Seconds of load before anything counts. */
const WARM_UP = 3

const SHARES = { off: undefined, 'a tenth': '0.1', all: '1' } as const
type Traced = keyof typeof SHARES

interface Round extends Measurement {
  traced: Traced
  /** Bytes of all processes, shared pages divided among those that share them. */
  memory: number
  spans: number
}

await main(async (args) => {
  const options = parse(args)
  if (options.help) {
    process.stdout.write(USAGE)
    return true
  }
  const [connections, seconds] = [
    count('connections', options.connections),
    count('seconds', options.seconds),
  ]
  const kinds = Object.keys(SHARES) as Traced[]
  const rounds: Round[] = []
  for (let repeat = 0; repeat < count('repeats', options.repeats); repeat++) {
    const first = repeat % kinds.length
    for (const traced of [...kinds.slice(first), ...kinds.slice(0, first)]) {
      process.stderr.write(`${repeat + 1}: traced: ${traced} …\n`)
      rounds.push(await measure(traced, connections, seconds))
    }
  }
  const on = machine()
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ benchmark: 'tracing', machine: on, connections, seconds, rounds }, null, 2)}\n`
      : report(on, rounds),
  )
  return rounds.every(({ failed }) => failed === 0)
})

async function measure(traced: Traced, connections: number, seconds: number): Promise<Round> {
  const collector = await startCollector()
  const share = SHARES[traced]
  const tracing = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: share ?? '',
    OTEL_BSP_SCHEDULE_DELAY: '500',
  }
  const env = { AGENTCTL_HANDLER: HANDLER, ...(share === undefined ? {} : tracing) }
  const serve = await startServe(['--roles', 'gateway=1,worker=1'], env)
  try {
    const target = chats(serve.url)
    await load(target, connections, WARM_UP)
    const measured = await load(target, connections, seconds)
    const memory = processesBelow(serve.pid).reduce((total, { share: own }) => total + own, 0)
    return { ...measured, traced, memory, spans: collector.spans }
  } finally {
    await serve.stop()
    await collector.close()
  }
}

function report(on: Machine, rounds: readonly Round[]): string {
  const of = (traced: Traced, field: 'rate' | 'p50' | 'p99' | 'memory' | 'spans') =>
    median(rounds.filter((round) => round.traced === traced).map((round) => round[field]))
  const rows = (Object.keys(SHARES) as Traced[]).map((traced) => [
    traced,
    short(of(traced, 'rate')),
    `${short((100 * of(traced, 'rate')) / of('off', 'rate'))} %`,
    short(of(traced, 'p50')),
    short(of(traced, 'p99')),
    short(of(traced, 'memory') / 1_000_000),
    short(of(traced, 'spans')),
  ])
  const header = ['traced', 'chats/s', 'of off', 'p50 ms', 'p99 ms', 'MB, all processes', 'spans taken']
  return `${machineLine(on)}\n\n${table([header, ...rows])}\n`
}

function parse(args: string[]) {
  return readOptions(
    args,
    { connections: text('32'), seconds: text('10'), repeats: text('3'), json: flag, help: flag },
    USAGE,
  )
}
