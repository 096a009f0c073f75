import { Flags } from '@oclif/core'
import { BaseCommand } from '../../../cli/base-command.ts'
import { campaignsFlags } from '../../../cli/campaigns/campaign-flags.ts'
import { outputFlag } from '../../../cli/streams/stream-flags.ts'

export default class CampaignEarnings extends BaseCommand {
  static override summary = 'List earnings, the newest first, with their total'
  static override examples = [
    '<%= config.bin %> campaign earnings --campaign 1',
    '<%= config.bin %> campaign earnings --user USER-7 -n 100 -o wide',
    '<%= config.bin %> campaign earnings --kind reversal --json',
  ]
  static override flags = {
    ...campaignsFlags,
    campaign: Flags.integer({ description: 'Only of this campaign', min: 1 }),
    user: Flags.string({ description: 'Only of this user' }),
    event: Flags.string({ description: 'Only of this event' }),
    rule: Flags.integer({ description: 'Only by this rule', min: 1 }),
    kind: Flags.option({ options: ['earned', 'reversal'] as const })({ description: 'Only of this kind' }),
    count: Flags.integer({ description: 'How many', char: 'n', default: 50, min: 1 }),
    output: outputFlag,
  }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(CampaignEarnings)
    const { listEarnings } = await import('../../../cli/campaigns/list-earnings.ts')
    const { interrupted } = await import('../../../cli/interrupted.ts')
    const { earnings, total, more } = await listEarnings(flags, interrupted())
    if (!this.jsonEnabled()) {
      const { earningColumns, totalLine } = await import('../../../cli/campaigns/earning-text.ts')
      const { renderList } = await import('../../../cli/list.ts')
      this.log(renderList(earnings, earningColumns, flags.output, ({ earning_id }) => String(earning_id)))
      this.say(totalLine(total, earnings.length, more))
    }
    return { earnings, total, more }
  }
}
