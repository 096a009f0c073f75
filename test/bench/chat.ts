/**
 * Relay of 1,000 chat streams through one gateway, beside a naive relay and `resumable-stream`.
 *
 * Everything runs on loopback with a private Redis: one process produces, one relays, this one is the
 * clients. Each window has a fresh relay and an emptied Redis, and the order changes with every repeat.
 */
import { parseOptions, USAGE } from './chat/options.ts'
import { RELAYS } from './chat/relays/relay.ts'
import { report } from './chat/report.ts'
import { type Round, runRound } from './chat/round.ts'
import { summarize } from './chat/summary.ts'
import { checkOpenFiles, machine } from './support/machine.ts'
import { main } from './support/main.ts'
import { startPrivateRedis } from './support/redis.ts'

await main(async (args) => {
  const options = parseOptions(args)
  const { clients, seconds, repeats, relays, json, help } = options
  if (help) {
    process.stdout.write(USAGE)
    return true
  }
  checkOpenFiles(2 * clients + 200)
  const rounds: Round[] = []
  const redis = await startPrivateRedis()
  try {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const first = repeat % relays.length
      for (const relay of [...relays.slice(first), ...relays.slice(0, first)]) {
        process.stderr.write(`${repeat + 1}/${repeats} ${RELAYS[relay].title} …\n`)
        rounds.push(await runRound({ relay, clients, seconds, redis }))
      }
    }
  } finally {
    await redis.stop()
  }
  const summaries = relays.map((relay) =>
    summarize(
      relay,
      rounds.filter((round) => round.relay === relay),
      clients,
    ),
  )
  const result = { clients, seconds, repeats, machine: machine(redis.version), summaries, rounds }
  process.stdout.write(
    json ? `${JSON.stringify({ benchmark: 'chat', ...result }, null, 2)}\n` : report(result),
  )
  const wrong = summaries.filter(({ lost, repeated }) => lost + repeated > 0)
  for (const { relay, lost, repeated } of wrong) {
    process.stderr.write(`${RELAYS[relay].title}: ${lost} messages lost, ${repeated} repeated\n`)
  }
  return wrong.length === 0
})
