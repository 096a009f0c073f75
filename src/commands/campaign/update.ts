import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { campaignArg, campaignsFlags, statusFlag, termFlags } from '../../cli/campaigns/campaign-flags.ts'

export default class CampaignUpdate extends BaseCommand {
  static override summary = 'Change a campaign: pause it, give it another budget or other dates'
  static override description =
    'What is not named stays as it is; `none` takes a limit away. What was earned stays earned.'
  static override examples = [
    '<%= config.bin %> campaign update 1 --status paused',
    '<%= config.bin %> campaign update 1 --budget 2000 --ends none',
  ]
  static override args = { campaign: campaignArg }
  static override flags = {
    ...campaignsFlags,
    name: Flags.string({ description: 'Another name' }),
    description: Flags.string({ description: 'What it is about, or none' }),
    status: statusFlag('Whether it counts from now on'),
    ...termFlags,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CampaignUpdate)
    const { changeOf } = await import('../../cli/campaigns/campaign-input.ts')
    const { withCampaigns } = await import('../../cli/campaigns/with-campaigns.ts')
    const { interrupted } = await import('../../cli/interrupted.ts')
    const signal = interrupted()
    const change = changeOf(flags)
    const changed = await withCampaigns(flags, signal, (client) =>
      client.changeCampaign(args.campaign, change, { signal }),
    )
    if (!this.jsonEnabled()) {
      const { campaignText } = await import('../../cli/campaigns/campaign-text.ts')
      this.log(campaignText(changed))
    }
    return changed
  }
}
