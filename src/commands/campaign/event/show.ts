import { Args } from '@oclif/core'
import { BaseCommand } from '../../../cli/base-command.ts'
import { campaignsFlags } from '../../../cli/campaigns/campaign-flags.ts'

export default class CampaignEventShow extends BaseCommand {
  static override summary = 'Show an event of the campaigns: what became of it, and what it earned'
  static override examples = ['<%= config.bin %> campaign event show ORDER-4711']
  static override args = { id: Args.string({ description: 'Id of the event', required: true }) }
  static override flags = campaignsFlags

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CampaignEventShow)
    const { withCampaigns } = await import('../../../cli/campaigns/with-campaigns.ts')
    const { interrupted } = await import('../../../cli/interrupted.ts')
    const signal = interrupted()
    const event = await withCampaigns(flags, signal, (client) => client.event(args.id, { signal }))
    if (!this.jsonEnabled()) {
      const { eventText } = await import('../../../cli/campaigns/earning-text.ts')
      this.log(eventText(event))
    }
    return event
  }
}
