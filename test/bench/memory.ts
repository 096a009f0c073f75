/**
 * Memory of everything `agentctl serve` starts, while evaluations run.
 *
 * Redis, PostgreSQL and the sandboxes are counted too.
 */
import { keepEvaluating } from './memory/evaluations.ts'
import { type ProcessMemory, processesBelow } from './memory/processes.ts'
import { sleep } from './support/clock.ts'
import { type Machine, machine, machineLine } from './support/machine.ts'
import { count, main } from './support/main.ts'
import { flag, readOptions } from './support/options.ts'
import { startServe } from './support/serve.ts'
import { table } from './support/table.ts'

const USAGE = `npm run bench -- memory [options]

  --seconds N      how long evaluations run (20)
  --concurrency N  evaluations under way (4)
  --roles LIST     what serve runs (its default)
  --json           results as JSON on stdout
`
/** Bytes that everything together may hold. */
const BAR = 950 * 1_000_000
const BETWEEN_LOOKS = 250

interface Result {
  machine: Machine
  idle: ProcessMemory[]
  /** The look at which all together held most. */
  peak: ProcessMemory[]
  completed: number
  failed: number
}

await main(async (args) => {
  const options = parse(args)
  if (options.help) {
    process.stdout.write(USAGE)
    return true
  }
  const serve = await startServe(options.roles === undefined ? [] : ['--roles', options.roles])
  try {
    await sleep(3_000)
    const idle = processesBelow(serve.pid)
    const stop = new AbortController()
    const evaluating = keepEvaluating(serve.url, count('concurrency', options.concurrency), stop.signal)
    evaluating.catch(() => {}) // told below, unless watching fails first
    const peak = await watchPeak(serve.pid, count('seconds', options.seconds))
    stop.abort()
    const result = { machine: machine(), idle, peak, ...(await evaluating) }
    process.stdout.write(
      options.json ? `${JSON.stringify({ benchmark: 'memory', ...result }, null, 2)}\n` : report(result),
    )
    return result.failed === 0 && result.completed > 0
  } finally {
    await serve.stop()
  }
})

async function watchPeak(pid: number, seconds: number): Promise<ProcessMemory[]> {
  let peak: ProcessMemory[] = []
  for (let left = (seconds * 1_000) / BETWEEN_LOOKS; left > 0; left--) {
    const now = processesBelow(pid)
    if (sum(now, 'share') > sum(peak, 'share')) peak = now
    await sleep(BETWEEN_LOOKS)
  }
  return peak
}

function sum(all: readonly ProcessMemory[], field: 'resident' | 'share'): number {
  return all.reduce((total, process) => total + process[field], 0)
}

function mb(bytes: number): string {
  return (bytes / 1_000_000).toFixed(0)
}

function report({ machine: on, idle, peak, completed, failed }: Result): string {
  const names = [...new Set(peak.map(({ name }) => name))]
  const of = (name: string) => peak.filter((process) => process.name === name)
  const rows = names.map((name) => [
    name,
    String(of(name).length),
    mb(sum(of(name), 'resident')),
    mb(sum(of(name), 'share')),
  ])
  const total = sum(peak, 'share')
  return [
    machineLine(on),
    '',
    table([
      ['at the peak, MB', 'processes', 'resident', 'share'],
      ...rows,
      ['all', String(peak.length), mb(sum(peak, 'resident')), mb(total)],
    ]),
    '',
    'resident: pages in memory, shared ones counted for each process. share: shared pages divided among those that share them.',
    `Idle: ${mb(sum(idle, 'share'))} MB share, ${mb(sum(idle, 'resident'))} MB resident. Evaluations completed: ${completed}, failed: ${failed}.`,
    `Bar of ${mb(BAR)} MB: share ${total <= BAR ? 'met' : 'MISSED'}, resident ${sum(peak, 'resident') <= BAR ? 'met' : 'MISSED'}`,
    '',
  ].join('\n')
}

function parse(args: string[]) {
  return readOptions(
    args,
    {
      seconds: { type: 'string', default: '20' },
      concurrency: { type: 'string', default: '4' },
      roles: { type: 'string' },
      json: flag,
      help: flag,
    },
    USAGE,
  )
}
