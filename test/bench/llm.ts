/**
 * POST /generate of the LLM service, with and without its cache, beside the Portkey gateway.
 *
 * All stand in front of the same local provider, which answers at once; each is one process, Redis another.
 */
import { CONTENDERS, type ContenderName } from './llm/contenders.ts'
import { parseOptions, USAGE } from './llm/options.ts'
import { PEERS, startLlm, startPortkey } from './llm/programs.ts'
import { type Round, report } from './llm/report.ts'
import type { Upstream } from './llm/upstream.child.ts'
import { startChild } from './support/child.ts'
import { load } from './support/http-load.ts'
import { machine } from './support/machine.ts'
import { main } from './support/main.ts'
import { installPeers } from './support/peers.ts'
import { startPrivateRedis } from './support/redis.ts'

/** Seconds for which each is asked before anything counts. */
const WARM_UP = 2

await main(async (args) => {
  const options = parseOptions(args)
  if (options.help) {
    process.stdout.write(USAGE)
    return true
  }
  const { contenders, concurrency, seconds, repeats, json } = options
  if (contenders.some((name) => CONTENDERS[name].peer)) installPeers(PEERS)
  const redis = await startPrivateRedis()
  const provider = startChild<Upstream>(new URL('./llm/upstream.child.ts', import.meta.url))
  const stops: (() => Promise<void>)[] = [() => redis.stop(), () => provider.stop()]
  const rounds: Round[] = []
  try {
    const upstream = `http://127.0.0.1:${await provider.call('port')}`
    const service = await startLlm(redis.url, upstream)
    stops.push(service.stop)
    const portkey = contenders.includes('portkey') ? await startPortkey() : undefined
    if (portkey) stops.push(portkey.stop)
    const places = { upstream, agentctl: service.url, portkey: portkey?.url ?? '' }
    const run = (name: ContenderName, c: number, time: number) =>
      load(CONTENDERS[name].target(places), c, time)
    for (const name of contenders) await run(name, 10, WARM_UP)
    for (let repeat = 0; repeat < repeats; repeat++) {
      const first = repeat % contenders.length
      for (const c of concurrency) {
        for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
          process.stderr.write(`${repeat + 1}/${repeats} ${CONTENDERS[contender].title}, ${c} under way …\n`)
          rounds.push({ contender, concurrency: c, repeat, ...(await run(contender, c, seconds)) })
        }
      }
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
  const result = { ...options, machine: machine(redis.version), rounds }
  process.stdout.write(
    json ? `${JSON.stringify({ benchmark: 'llm', ...result }, null, 2)}\n` : report(result),
  )
  return rounds.every(({ failed }) => failed === 0)
})
