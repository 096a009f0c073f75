/**
 * What clients notice of `agentctl restart` under a constant rate: latencies and failures while every role is restarted, beside
 * those of the same system at rest.
 */
import { execa } from 'execa'
import type { LoadResult } from '../../src/runtime/loadtest/index.ts'
import { sleep } from './support/clock.ts'
import { machine, machineLine } from './support/machine.ts'
import { count, main } from './support/main.ts'
import { flag, readOptions, text } from './support/options.ts'
import { BIN, type ServeProgram, startServe } from './support/serve.ts'
import { short, table } from './support/table.ts'

const USAGE = `npm run bench -- restart [options]

  --rate N      queries, chats and events per second, each (10)
  --seconds N   at rest, before the restart (20)
  --json        results as JSON on stdout
`
const ROLES = 'gateway=1,worker=2,rag=1,llm=2,eval=1,executor=1,storage=1,campaigns=1,agents=1'
const SCENARIOS = ['query', 'chat', 'events'] as const
/** Milliseconds before and after the restart that are measured with it. */
const MARGIN = 2_000

interface Measured {
  scenario: string
  when: 'at rest' | 'restarting'
  requests: number
  failed: number
  p50: number
  p99: number
  max: number
}

await main(async (args) => {
  const { rate, seconds, json, help } = parse(args)
  if (help) {
    process.stdout.write(USAGE)
    return true
  }
  const serve = await startServe(['--roles', ROLES])
  try {
    const perSecond = count('rate', rate)
    const rest = await measure(serve, perSecond, () => sleep(count('seconds', seconds) * 1_000))
    let took = 0
    const restarting = await measure(serve, perSecond, async () => {
      await sleep(MARGIN)
      const began = performance.now()
      await execa(process.execPath, [BIN, 'restart', '--state-dir', serve.stateDir])
      took = (performance.now() - began) / 1_000
      await sleep(MARGIN)
    })
    const rows = [...rest.map(row('at rest')), ...restarting.map(row('restarting'))]
    const result = { benchmark: 'restart', machine: machine(), rate: perSecond, seconds: took, rows }
    process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : report(result))
    return rows.every(({ failed }) => failed === 0)
  } finally {
    await serve.stop()
  }
})

/** Loads the gateway with every scenario while something is done. */
async function measure(
  { url }: ServeProgram,
  rate: number,
  work: () => Promise<void>,
): Promise<LoadResult[]> {
  const common = [
    '--gateway-url',
    url,
    '--rate',
    String(rate),
    '--duration',
    '1h',
    '--threads',
    '1',
    '--json',
  ]
  const loads = SCENARIOS.map((scenario) =>
    execa(process.execPath, [BIN, 'loadtest', scenario, ...common], { reject: false, stdin: 'ignore' }),
  )
  await work()
  for (const load of loads) load.kill('SIGINT')
  return Promise.all(loads.map(async (load) => JSON.parse((await load).stdout) as LoadResult))
}

function row(when: Measured['when']): (result: LoadResult) => Measured {
  return ({ plan, total, failed, series }) => {
    const { p50 = 0, p99 = 0, max = 0 } = series.latency ?? {}
    return { scenario: plan.scenario, when, requests: total, failed, p50, p99, max }
  }
}

function report(result: {
  machine: ReturnType<typeof machine>
  seconds: number
  rate: number
  rows: Measured[]
}) {
  const { rows, seconds, rate } = result
  return [
    machineLine(result.machine),
    '',
    table([
      [`${rate}/s each`, '', 'requests', 'failed', 'p50 ms', 'p99 ms', 'max ms'],
      ...rows.map(({ scenario, when, requests, failed, p50, p99, max }) => [
        ...[scenario, when, String(requests), String(failed)],
        ...[p50, p99, max].map(short),
      ]),
    ]),
    '',
    `Every role was restarted within ${short(seconds)} s; nothing may fail.`,
    '',
  ].join('\n')
}

function parse(args: string[]) {
  const options = { rate: text('10'), seconds: text('20'), json: flag, help: flag }
  return readOptions(args, options, USAGE)
}
