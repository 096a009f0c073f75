import { defineRole } from '../kernel/index.ts'
import { options } from './options.ts'

export const campaignsRole = defineRole({
  name: 'campaigns',
  summary: 'Serve campaigns, and process events into earnings by their rules',
  examples: [
    '<%= config.bin %> campaigns --port 8003 --database-url postgres://agentctl@localhost/agentctl',
    'API_PASSWORD=… <%= config.bin %> campaigns --host 0.0.0.0',
    '<%= config.bin %> campaigns --processors 2 --replicas 3',
  ],
  listens: true,
  options,
  async start(options, context) {
    const { startCampaigns } = await import('./campaigns.ts')
    return startCampaigns(options, context)
  },
})
