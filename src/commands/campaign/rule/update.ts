import { Flags } from '@oclif/core'
import { BaseCommand } from '../../../cli/base-command.ts'
import { campaignArg, campaignsFlags, idArg, ruleFlags } from '../../../cli/campaigns/campaign-flags.ts'

export default class CampaignRuleUpdate extends BaseCommand {
  static override summary = 'Change a rule, or switch it off'
  static override examples = [
    '<%= config.bin %> campaign rule update 1 3 --no-active',
    `<%= config.bin %> campaign rule update 1 3 --reward 2.50 --priority 10`,
  ]
  static override args = {
    campaign: campaignArg,
    rule: idArg('RULE', 'Id of the rule'),
  }
  static override flags = {
    ...campaignsFlags,
    ...ruleFlags,
    name: Flags.string({ description: 'Another name' }),
    priority: Flags.integer({ description: 'The higher, the earlier' }),
    active: Flags.boolean({ description: 'Whether events can match it', allowNo: true }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CampaignRuleUpdate)
    const { ruleChangeOf } = await import('../../../cli/campaigns/rule-input.ts')
    const { withCampaigns } = await import('../../../cli/campaigns/with-campaigns.ts')
    const { interrupted } = await import('../../../cli/interrupted.ts')
    const signal = interrupted()
    const change = ruleChangeOf(flags)
    const rule = await withCampaigns(flags, signal, (client) =>
      client.changeRule(args.campaign, args.rule, change, { signal }),
    )
    if (!this.jsonEnabled()) {
      const { rulesText } = await import('../../../cli/campaigns/campaign-text.ts')
      this.log(rulesText([rule]))
    }
    return rule
  }
}
