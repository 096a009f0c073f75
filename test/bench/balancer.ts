/**
 * The policies of the balancer on real processes: replicas that are equal, slow, stalling or failing.
 *
 * Everything runs on loopback with a private Redis: three replicas, two clients. Each window starts with new
 * processes and an emptied Redis, and the order of the policies changes with every repeat.
 */
import { parseOptions, USAGE } from './balancer/options.ts'
import { report } from './balancer/report.ts'
import { measureSpeed, type Round, runRound } from './balancer/round.ts'
import { type Contender, FAILING, type ScenarioName } from './balancer/scenarios.ts'
import { summarize } from './balancer/summary.ts'
import { machine } from './support/machine.ts'
import { main } from './support/main.ts'
import { startPrivateRedis } from './support/redis.ts'

await main(async (args) => {
  const { help, json, contenders, scenarios, seconds, repeats } = parseOptions(args)
  if (help) {
    process.stdout.write(USAGE)
    return true
  }
  const rounds: Round[] = []
  const speeds: Record<string, number> = {}
  const redis = await startPrivateRedis()
  try {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const [scenario, contender, retries] of plan(scenarios, contenders, repeat)) {
        const what = `${scenario}, ${contender}${retries ? ' with retries' : ''}`
        process.stderr.write(`${repeat + 1}/${repeats} ${what} …\n`)
        rounds.push(await runRound({ scenario, contender, retries, seconds, seed: repeat + 1, redis }))
      }
    }
    for (const contender of contenders) {
      if (contender !== 'round-robin') speeds[contender] = await measureSpeed(redis, contender)
    }
  } finally {
    await redis.stop()
  }
  const result = {
    seconds,
    repeats,
    machine: machine(redis.version),
    summaries: summarize(rounds),
    speeds,
    rounds,
  }
  process.stdout.write(
    json ? `${JSON.stringify({ benchmark: 'balancer', ...result }, null, 2)}\n` : report(result),
  )
  return true
})

type Run = readonly [ScenarioName, Contender, boolean]

function plan(scenarios: readonly ScenarioName[], contenders: readonly Contender[], repeat: number): Run[] {
  const first = repeat % contenders.length
  const order = [...contenders.slice(first), ...contenders.slice(0, first)]
  return scenarios.flatMap((scenario) =>
    order.flatMap((contender): Run[] => [
      [scenario, contender, false],
      ...(FAILING.includes(scenario) ? [[scenario, contender, true] as const] : []),
    ]),
  )
}
