/**
 * A burst of chats on one worker, on workers that scale by themselves, and on as many as there may be.
 *
 * Told is how long the burst takes, and for how many seconds workers were kept for it. Each chat takes two seconds.
 */
import { type Burst, type Fleet, runBurst } from './autoscale/burst.ts'
import { machine, machineLine } from './support/machine.ts'
import { count, main } from './support/main.ts'
import { flag, readOptions, text } from './support/options.ts'
import { short, table } from './support/table.ts'

const USAGE = `npm run bench -- autoscale [options]

  --chats N     chats in the burst (40)
  --slots N     chats that a worker answers at once (2)
  --max N       workers at most (4)
  --seconds N   for which workers are counted, from the burst on (60)
  --cooldown D  of what scales by itself (10s)
  --json        results as JSON on stdout
`

await main(async (args) => {
  const options = readOptions(
    args,
    {
      ...{ chats: text('40'), slots: text('2'), max: text('4'), seconds: text('60'), cooldown: text('10s') },
      ...{ json: flag, help: flag },
    },
    USAGE,
  )
  if (options.help) {
    process.stdout.write(USAGE)
    return true
  }
  const max = count('max', options.max)
  const scaling = ['--autoscale', `worker=1..${max}`, '--autoscale-cooldown', options.cooldown]
  const fleets: Fleet[] = [
    { title: '1 worker', workers: 1, flags: [] },
    { title: `1 to ${max} by itself`, workers: 1, flags: scaling },
    { title: `${max} workers`, workers: max, flags: [] },
  ]
  const sizes = {
    chats: count('chats', options.chats),
    slots: count('slots', options.slots),
    seconds: count('seconds', options.seconds),
  }
  const bursts: Burst[] = []
  for (const fleet of fleets) {
    process.stderr.write(`${fleet.title} …\n`)
    bursts.push(await runBurst({ fleet, ...sizes }))
  }
  const result = { ...sizes, max, cooldown: options.cooldown, machine: machine(), bursts }
  process.stdout.write(
    options.json ? `${JSON.stringify({ benchmark: 'autoscale', ...result }, null, 2)}\n` : report(result),
  )
  return bursts.every(({ lost }) => lost === 0)
})

function report(result: { machine: ReturnType<typeof machine>; bursts: readonly Burst[]; seconds: number }) {
  const [one, scaled, all] = result.bursts as [Burst, Burst, Burst]
  return [
    machineLine(result.machine),
    '',
    table([
      ['', 'half done s', 'all done s', 'worker seconds', 'most', 'left', 'lost'],
      ...result.bursts.map(rowOf),
    ]),
    '',
    `By itself: done in ×${short(scaled.drained / one.drained)} of the time of one worker and ×${short(scaled.drained / all.drained)} of that of all,`,
    `with ×${short(scaled.replicaSeconds / all.replicaSeconds)} of the worker seconds of all in ${result.seconds} s.`,
    '',
  ].join('\n')
}

function rowOf({ fleet, p50, drained, replicaSeconds, most, left, lost }: Burst): string[] {
  return [fleet, short(p50), short(drained), short(replicaSeconds), ...[most, left, lost].map(String)]
}
