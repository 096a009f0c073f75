/**
 * Evaluations: how long a submission takes, the smallest program in each sandbox, and what goes through in all.
 *
 * Every role is a program of its own, as in production; all of them and the client share the machine.
 */
import { languages } from '../../src/runtime/sandbox/index.ts'
import { dockerAnswers } from './eval/docker.ts'
import { type Start, timeHello } from './eval/hello.ts'
import { type EvalOptions, parseOptions, USAGE } from './eval/options.ts'
import { type EvalResult, report } from './eval/report.ts'
import { measureRows, submissions } from './eval/rows.ts'
import { createStarter, type Starter } from './eval/system.ts'
import { measureThroughput } from './eval/throughput.ts'
import { load } from './support/http-load.ts'
import { machine } from './support/machine.ts'
import { main } from './support/main.ts'
import { startPrivatePostgres } from './support/postgres.ts'
import { startPrivateRedis } from './support/redis.ts'

/** Milliseconds in which a sandbox may prepare the next program. */
const PAUSE = 400

await main(async (args) => {
  const options = parseOptions(args)
  if (options.help) {
    process.stdout.write(USAGE)
    return true
  }
  const redis = await startPrivateRedis()
  const postgres = await startPrivatePostgres()
  try {
    const starter = createStarter({ redisUrl: redis.url, databaseUrl: postgres.url })
    const say = (text: string) => process.stderr.write(`${text} …\n`)
    const result: EvalResult = {
      machine: machine(redis.version),
      submit: await submit(starter, options, say),
      rows: [],
      hello: [],
      throughput: [],
    }
    for (let i = 0; i < options.repeats; i++) {
      say(`storage writes ${options.rows} rows, ${i + 1}/${options.repeats}`)
      await redis.admin.flushall()
      result.rows.push(await measureRows(starter, postgres.url, options.rows))
    }
    await redis.admin.flushall()
    for (const backend of (await dockerAnswers()) ? ['deno', 'docker'] : ['deno'])
      await measureBackend(backend, starter, options, result, say)
    process.stdout.write(
      options.json ? `${JSON.stringify({ benchmark: 'eval', ...result }, null, 2)}\n` : report(result),
    )
    return true
  } finally {
    await postgres.stop()
    await redis.stop()
  }
})

async function submit(
  starter: Starter,
  { concurrency, seconds, repeats }: EvalOptions,
  say: (text: string) => void,
) {
  const gateway = await starter.gateway()
  const found = []
  await load(submissions(gateway.url), concurrency, 2)
  for (const clients of [1, concurrency])
    for (let i = 0; i < repeats; i++) {
      say(`submitting with ${clients} clients, ${i + 1}/${repeats}`)
      found.push({ clients, ...(await load(submissions(gateway.url), clients, seconds)) })
    }
  await gateway.stop()
  return found
}

async function measureBackend(
  backend: string,
  starter: Starter,
  { runs, repeats, seconds }: EvalOptions,
  result: EvalResult,
  say: (text: string) => void,
): Promise<void> {
  const proxy = backend === 'docker' ? await starter.proxy() : undefined
  const executor = await starter.executor(backend, proxy?.url)
  for (const language of languages) {
    for (const start of ['warm', 'cold'] as Start[]) {
      say(`${backend}: ${language}, ${start}`)
      const times = await timeHello(executor.url, language, { start, runs, pause: PAUSE })
      result.hello.push({ backend, language, start, times })
    }
  }
  const [gateway, worker, storage] = [
    await starter.gateway(),
    await starter.worker(executor.url),
    await starter.storage(),
  ]
  for (const language of languages) {
    for (let i = 0; i < repeats; i++) {
      say(`${backend}: ${language}, as many as go through, ${i + 1}/${repeats}`)
      const rate = await measureThroughput(gateway.url, language, 8, seconds)
      result.throughput.push({ backend, language, rate })
    }
  }
  for (const program of [gateway, worker, storage, executor, proxy]) await program?.stop()
}
