import { Flags } from '@oclif/core'
import { BaseCommand } from '../../../cli/base-command.ts'
import { campaignsFlags, idArg } from '../../../cli/campaigns/campaign-flags.ts'
import { changeFlags } from '../../../cli/streams/stream-flags.ts'

export default class CampaignEarningsReverse extends BaseCommand {
  static override summary = 'Take an earning back; both it and its reversal stay in the books'
  static override examples = [
    '<%= config.bin %> campaign earnings reverse 12 --reason "order was cancelled"',
    '<%= config.bin %> campaign earnings reverse 12 --reason refund --yes',
  ]
  static override args = {
    earning: idArg('EARNING', 'Id of the earning'),
  }
  static override flags = {
    ...campaignsFlags,
    reason: Flags.string({ description: 'Why, for those who read the books', required: true }),
    ...changeFlags,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CampaignEarningsReverse)
    const { reversingEarning } = await import('../../../cli/campaigns/reverse-earning.ts')
    const { withCampaigns } = await import('../../../cli/campaigns/with-campaigns.ts')
    const { interrupted } = await import('../../../cli/interrupted.ts')
    const { runChange } = await import('../../../cli/run-change.ts')
    const signal = interrupted()
    return withCampaigns(flags, signal, (client) =>
      runChange(reversingEarning(client, args.earning, flags.reason, signal), flags, {
        print: (line) => this.log(line),
        say: (line) => this.say(line),
      }),
    )
  }
}
