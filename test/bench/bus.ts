/**
 * Events from a publisher to a consumer over Redis, beside a bare ioredis loop, BullMQ and moleculer's channels.
 *
 * Everything runs on loopback with a private Redis: one process publishes, one consumes. Each contender starts
 * with new processes and an emptied Redis, and the order changes with every repeat.
 */
import { CONTENDERS } from './bus/contenders/contender.ts'
import { parseOptions, USAGE } from './bus/options.ts'
import { report } from './bus/report.ts'
import { mistakes, type Round, runRound } from './bus/round.ts'
import { summarize } from './bus/summary.ts'
import { machine } from './support/machine.ts'
import { main } from './support/main.ts'
import { installPeers } from './support/peers.ts'
import { startPrivateRedis } from './support/redis.ts'

await main(async (args) => {
  const { help, json, contenders, ...settings } = parseOptions(args)
  if (help) {
    process.stdout.write(USAGE)
    return true
  }
  if (contenders.some((name) => CONTENDERS[name].peer)) installPeers(new URL('./bus/peers/', import.meta.url))
  const rounds: Round[] = []
  const redis = await startPrivateRedis()
  try {
    if (settings.aof) await redis.admin.config('SET', 'appendonly', 'yes')
    for (let repeat = 0; repeat < settings.repeats; repeat++) {
      const first = repeat % contenders.length
      for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
        process.stderr.write(`${repeat + 1}/${settings.repeats} ${CONTENDERS[contender].title} …\n`)
        rounds.push(await runRound({ ...settings, contender, redis, repeat }))
      }
    }
  } finally {
    await redis.stop()
  }
  const summaries = contenders.map((contender) => summarize(contender, rounds))
  const result = { ...settings, machine: machine(redis.version), summaries, rounds }
  process.stdout.write(
    json ? `${JSON.stringify({ benchmark: 'bus', ...result }, null, 2)}\n` : report(result),
  )
  const wrong = rounds.flatMap(mistakes)
  for (const mistake of wrong) process.stderr.write(`${mistake}\n`)
  return wrong.length === 0
})
