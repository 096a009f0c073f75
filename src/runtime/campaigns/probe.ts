import type { Probe } from '../platform/probe/index.ts'
import { CAMPAIGNS_POOL } from './keys.ts'

export const campaignsProbe: Probe = {
  name: 'campaigns',
  pools: [CAMPAIGNS_POOL],
  latencies: [
    { metric: 'agentctl_campaign_event_seconds', kind: 'campaign event', labels: [] },
    { metric: 'agentctl_campaign_batch_seconds', kind: 'campaign batch', labels: [] },
  ],
}
