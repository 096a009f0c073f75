import { pino } from 'pino'
import { startCampaigns } from '../../src/runtime/campaigns/campaigns.ts'
import { options as campaignsOptions } from '../../src/runtime/campaigns/options.ts'

/** The campaigns service as a process of its own: it ends in order on SIGTERM, and when its parent is gone. */
const { name, options } = JSON.parse(process.argv[2] ?? '') as {
  name: string
  options: Record<string, unknown>
}
const log = pino({ level: process.env.AGENTCTL_TEST_LOG ?? 'silent' }, pino.destination(2))
const role = await startCampaigns(campaignsOptions.parse(options), { log, name })
process.on('SIGTERM', () => void role.stop().then(() => process.exit(0)))
process.on('disconnect', () => process.exit(1))
// Nobody may be there any more to hear it.
process.send?.(role.facts, undefined, undefined, () => {})
