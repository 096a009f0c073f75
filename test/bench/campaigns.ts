/**
 * Campaigns: events registered and processed, beside a naive processor on the same server; latency; rules a second.
 *
 * Service, processors, PostgreSQL (writing to disk), Redis and the clients share the machine.
 */
import { measureLatency, measureNaiveLatency } from './campaigns/latency.ts'
import { type CampaignsBenchOptions, parseOptions, USAGE } from './campaigns/options.ts'
import { measureProcessing } from './campaigns/processing.ts'
import { measureRegistering } from './campaigns/registering.ts'
import { type CampaignsResult, report } from './campaigns/report.ts'
import { measureRules } from './campaigns/rules.ts'
import { createDatabase, type Servers } from './campaigns/system.ts'
import { machine } from './support/machine.ts'
import { main } from './support/main.ts'
import { startPrivatePostgres } from './support/postgres.ts'
import { startPrivateRedis } from './support/redis.ts'

await main(async (args) => {
  const options = parseOptions(args)
  if (options.help) {
    process.stdout.write(USAGE)
    return true
  }
  const redis = await startPrivateRedis()
  const postgres = await startPrivatePostgres()
  try {
    const result: CampaignsResult = {
      ...{ machine: machine(redis.version), options, rules: undefined },
      ...{ registering: [], processing: [], latency: [], naiveLatency: [] },
    }
    const servers = { redisUrl: redis.url, databaseUrl: postgres.url }
    for (let round = 0; round < options.repeats; round++) {
      await measureRound(servers, options, result, round)
      await redis.admin.flushall()
    }
    if (options.parts.includes('rules')) result.rules = await measureRules(options)
    process.stdout.write(
      options.json ? `${JSON.stringify({ benchmark: 'campaigns', ...result }, null, 2)}\n` : report(result),
    )
    return isRight(result)
  } finally {
    await postgres.stop()
    await redis.stop()
  }
})

async function measureRound(
  servers: Servers,
  options: CampaignsBenchOptions,
  result: CampaignsResult,
  round: number,
): Promise<void> {
  const { parts, repeats } = options
  const say = (what: string) => process.stderr.write(`${round + 1}/${repeats} ${what} …\n`)
  if (parts.includes('register')) {
    say('registering')
    const databaseUrl = await createDatabase(servers.databaseUrl, `register_${round}`)
    result.registering.push(await measureRegistering({ ...servers, databaseUrl }, options, round))
  }
  if (parts.includes('process')) {
    say(`processing ${options.events} events, and ${options.naiveEvents} naively`)
    result.processing.push(await measureProcessing(servers, options, round))
  }
  if (parts.includes('latency')) {
    say(`latency at ${options.rate} events/s`)
    result.latency.push(await measureLatency(servers, options, round))
    result.naiveLatency.push(await measureNaiveLatency(servers, options, round))
  }
}

/** Nothing failed, was lost, or was given other earnings. */
function isRight({ registering, processing, latency }: CampaignsResult): boolean {
  return (
    registering.every(({ single, batched }) => single.failed + batched.failed === 0) &&
    processing.every(({ different }) => different === 0) &&
    latency.every(({ lost }) => lost === 0)
  )
}
