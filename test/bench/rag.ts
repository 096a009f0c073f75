/**
 * Queries through encoder, retriever and generator: what the pipeline adds to the time of the model.
 *
 * Gateway, stages and replicas are programs of their own, as in production; all of them and the client share the machine.
 */
import { parseOptions, USAGE } from './rag/options.ts'
import { newPrompt, newQuestion, sameQuestion } from './rag/questions.ts'
import { type Round, report, SCENES, type SceneName } from './rag/report.ts'
import { addManual, startSystem } from './rag/system.ts'
import { bursts, load, type Measurement } from './support/http-load.ts'
import { machine } from './support/machine.ts'
import { main } from './support/main.ts'
import { startPrivateRedis } from './support/redis.ts'

/** Seconds of load before anything counts. */
const WARM_UP = 4

await main(async (args) => {
  const options = parseOptions(args)
  if (options.help) {
    process.stdout.write(USAGE)
    return true
  }
  const { concurrency, seconds, repeats } = options
  const redis = await startPrivateRedis()
  const rounds: Round[] = []
  try {
    const system = await startSystem({ ...options, redisUrl: redis.url })
    try {
      await addManual(system.gateway)
      await load(newQuestion(system.gateway), concurrency, WARM_UP)
      const scenes: Record<SceneName, () => Promise<Measurement>> = {
        burst: () => bursts(newQuestion(system.gateway), concurrency, options.bursts),
        loop: () => load(newQuestion(system.gateway), concurrency, seconds),
        same: () => load(sameQuestion(system.gateway), concurrency, seconds),
        replica: () => load(newPrompt(system.replica), concurrency, seconds),
      }
      for (let repeat = 0; repeat < repeats; repeat++) {
        for (const scene of Object.keys(scenes) as SceneName[]) {
          process.stderr.write(`${repeat + 1}/${repeats} ${SCENES[scene]} …\n`)
          rounds.push({ scene, repeat, ...(await scenes[scene]()) })
        }
      }
    } finally {
      await system.stop()
    }
  } finally {
    await redis.stop()
  }
  const result = { ...options, machine: machine(redis.version), rounds }
  process.stdout.write(
    options.json ? `${JSON.stringify({ benchmark: 'rag', ...result }, null, 2)}\n` : report(result),
  )
  return rounds.every(({ failed }) => failed === 0)
})
