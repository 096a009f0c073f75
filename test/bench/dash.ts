/**
 * What the dashboard costs: time of a sample, processor time of `agentctl dash` and of Redis, commands sent.
 *
 * A private Redis holds 100 streams with 300 groups and 2,400 consumers, and a million other keys; a process of its own
 * adds, reads and acknowledges 200 entries a second.
 */
import { fill, STREAMS } from './dash/data.ts'
import { parseOptions, USAGE } from './dash/options.ts'
import { type Result, report } from './dash/report.ts'
import { measureSampling } from './dash/sampling.ts'
import { measureScreen } from './dash/screen.ts'
import type { Traffic } from './dash/traffic.child.ts'
import { startChild } from './support/child.ts'
import { machine } from './support/machine.ts'
import { main } from './support/main.ts'
import { startPrivateRedis } from './support/redis.ts'

await main(async (args) => {
  const { help, json, keys, samples, seconds, parts } = parseOptions(args)
  if (help) {
    process.stdout.write(USAGE)
    return true
  }
  const redis = await startPrivateRedis()
  try {
    process.stderr.write(`filling Redis with ${STREAMS} streams and ${keys} other keys …\n`)
    await fill(redis.admin, keys)
    const traffic = startChild<Traffic>(new URL('./dash/traffic.child.ts', import.meta.url), [redis.url])
    try {
      await traffic.call('ping')
      const result: Result = { machine: machine(redis.version), keys }
      if (parts.includes('sampler')) {
        process.stderr.write(`${samples} samples …\n`)
        result.sampling = await measureSampling(redis.url, samples)
      }
      if (parts.includes('screen')) {
        process.stderr.write(`twice ${seconds} s without and with agentctl dash …\n`)
        result.screen = await measureScreen(redis, seconds)
      }
      process.stdout.write(
        json ? `${JSON.stringify({ benchmark: 'dash', ...result }, null, 2)}\n` : report(result),
      )
      return (result.screen?.keys ?? 0) === 0
    } finally {
      await traffic.stop()
    }
  } finally {
    await redis.stop()
  }
})
