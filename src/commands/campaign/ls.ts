import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { campaignsFlags, statusFlag } from '../../cli/campaigns/campaign-flags.ts'
import { outputFlag } from '../../cli/streams/stream-flags.ts'

export default class CampaignLs extends BaseCommand {
  static override summary = 'List campaigns, the newest first'
  static override examples = [
    '<%= config.bin %> campaign ls',
    '<%= config.bin %> campaign ls --status active -o wide',
  ]
  static override flags = {
    ...campaignsFlags,
    status: statusFlag('Only those of this status'),
    count: Flags.integer({ description: 'How many', char: 'n', default: 50, min: 1 }),
    output: outputFlag,
  }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(CampaignLs)
    const { listPages } = await import('../../cli/campaigns/list-pages.ts')
    const { withCampaigns } = await import('../../cli/campaigns/with-campaigns.ts')
    const { interrupted } = await import('../../cli/interrupted.ts')
    const signal = interrupted()
    const { rows, more } = await withCampaigns(flags, signal, (client) =>
      listPages(
        flags.count,
        (page) => client.campaigns({ ...page, status: flags.status }, { signal }),
        ({ campaigns }) => campaigns,
      ),
    )
    if (!this.jsonEnabled()) {
      const { campaignColumns } = await import('../../cli/campaigns/campaign-text.ts')
      const { renderList } = await import('../../cli/list.ts')
      this.log(renderList(rows, campaignColumns, flags.output, ({ campaign_id }) => String(campaign_id)))
      if (more) this.say('There are more: give -n.')
    }
    return rows
  }
}
