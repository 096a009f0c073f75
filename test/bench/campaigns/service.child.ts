import { startCampaigns } from '../../../src/runtime/campaigns/campaigns.ts'
import { options } from '../../../src/runtime/campaigns/options.ts'
import type { RunningRole } from '../../../src/runtime/kernel/index.ts'
import { answerParent } from '../support/child.ts'
import { quietLog } from '../support/log.ts'

let role: RunningRole | undefined

/** The campaigns service, in a process of its own. */
const api = {
  async start(given: Record<string, unknown>): Promise<Readonly<Record<string, string>>> {
    const started = await startCampaigns(options.parse(given), { log: quietLog(), name: 'campaigns-1' })
    role = started
    return started.facts
  },
}

export type ServiceApi = typeof api

answerParent(api, () => role?.stop())
