import { BaseCommand } from '../../cli/base-command.ts'
import { campaignArg, campaignsFlags } from '../../cli/campaigns/campaign-flags.ts'

export default class CampaignShow extends BaseCommand {
  static override summary = 'Show a campaign: its terms, what of its budget is used, and its rules'
  static override examples = ['<%= config.bin %> campaign show 1', '<%= config.bin %> campaign show 1 --json']
  static override args = { campaign: campaignArg }
  static override flags = campaignsFlags

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CampaignShow)
    const { withCampaigns } = await import('../../cli/campaigns/with-campaigns.ts')
    const { interrupted } = await import('../../cli/interrupted.ts')
    const signal = interrupted()
    const campaign = await withCampaigns(flags, signal, (client) =>
      client.campaign(args.campaign, { signal }),
    )
    if (!this.jsonEnabled()) {
      const { campaignText } = await import('../../cli/campaigns/campaign-text.ts')
      this.log(campaignText(campaign))
    }
    return campaign
  }
}
