import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../../cli/base-command.ts'
import { campaignArg, campaignsFlags, keyFlag, ruleFlags } from '../../../cli/campaigns/campaign-flags.ts'

export default class CampaignRuleAdd extends BaseCommand {
  static override summary = 'Add rules to a campaign'
  static override examples = [
    '<%= config.bin %> campaign rule add 1 gold.json',
    `<%= config.bin %> campaign rule add 1 --where '{"data.cart.total":{"$gte":100}}' --reward "5%<=20" --priority 10`,
  ]
  static override args = {
    campaign: campaignArg,
    file: Args.string({ description: 'File with a rule or a list of rules, or - for stdin' }),
  }
  static override flags = {
    ...campaignsFlags,
    ...ruleFlags,
    name: Flags.string({ description: 'Name of the rule of --where', dependsOn: ['where'] }),
    priority: Flags.integer({
      description: 'Of the rule of --where: the higher, the earlier [default: 0]',
      dependsOn: ['where'],
    }),
    key: keyFlag,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CampaignRuleAdd)
    const { addRules } = await import('../../../cli/campaigns/add-rules.ts')
    const { interrupted } = await import('../../../cli/interrupted.ts')
    const rules = await addRules(args.campaign, args.file, flags, interrupted())
    if (!this.jsonEnabled()) {
      const { rulesText } = await import('../../../cli/campaigns/campaign-text.ts')
      this.log(rulesText(rules))
    }
    return rules
  }
}
