import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../../cli/base-command.ts'
import { ruleFlags } from '../../../cli/campaigns/campaign-flags.ts'

export default class CampaignRuleTest extends BaseCommand {
  static override summary = 'Try rules on events, and see why they match or do not'
  static override description =
    'Runs here, without any service. The file holds a rule, {"conditions": …, "reward": …}, a list of rules or a campaign with `rules`, perhaps with `events`. ' +
    'The exit code is 0 when every rule matches every event, else 1.'
  static override examples = [
    `<%= config.bin %> campaign rule test gold.json --event '{"amount":150,"data":{"tier":"gold"}}'`,
    '<%= config.bin %> campaign rule test campaign.json --rule 2 --event events.ndjson',
    `<%= config.bin %> campaign rule test --where '{"amount":{"$gte":100}}' --event - < event.json`,
  ]
  static override args = {
    file: Args.string({ description: 'File with rules, or - for stdin' }),
  }
  static override flags = {
    ...ruleFlags,
    event: Flags.string({
      description:
        'Event as JSON, or a file with one event, a list, or one a line (- for stdin); several may be given',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<json|file>',
    }),
    rule: Flags.integer({ description: 'Only this rule of the file, counted from 1', min: 1 }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CampaignRuleTest)
    const { runRuleTest } = await import('../../../cli/campaigns/rule-test-run.ts')
    const tested = await runRuleTest(args.file, flags)
    if (!this.jsonEnabled()) {
      const { ruleTestText } = await import('../../../cli/campaigns/rule-test-text.ts')
      this.log(ruleTestText(tested))
    }
    if (!tested.matched) process.exitCode = 1
    return tested
  }
}
