import { kernelError } from '../../runtime/kernel/index.ts'
import { ruleOfFlags } from './rule-input.ts'
import { eventsOfFlag, type RuleTestInput, testInputOf } from './rule-test-input.ts'
import { type RuleTest, testRules } from './test-rules.ts'

export interface RuleTestFlags {
  event?: string[] | undefined
  rule?: number | undefined
  where?: string | undefined
  reward?: string | undefined
}

/**
 * Tries the rules of a file, or of --where, on the events of the file, or of --event.
 * @throws AgentctlError CONFIG_INVALID, CAMPAIGN_FILE_INVALID, RULE_INVALID, RULE_TOO_LARGE
 */
export async function runRuleTest(file: string | undefined, flags: RuleTestFlags): Promise<RuleTest> {
  const { rules, currency, ...own } = await inputOf(file, flags)
  const given: RuleTestInput['events'] = []
  for (const event of flags.event ?? []) given.push(...(await eventsOfFlag(event)))
  const events = given.length > 0 ? given : own.events
  if (events.length === 0)
    throw kernelError('CONFIG_INVALID', 'there is no event to try the rule on', {
      field: 'event',
      fix: 'Give --event FILE or JSON, or `events` in the file.',
    })
  if (flags.rule !== undefined && flags.rule > rules.length)
    throw kernelError('CONFIG_INVALID', `--rule: there are ${rules.length} rules only`, { field: 'rule' })
  return testRules({ rules, events, currency }, new Date().toISOString(), flags.rule)
}

async function inputOf(file: string | undefined, flags: RuleTestFlags): Promise<RuleTestInput> {
  const shortcut = ruleOfFlags(flags)
  if (shortcut !== undefined && file === undefined) return { rules: [shortcut], events: [], currency: 'USD' }
  if (shortcut === undefined && file !== undefined) return testInputOf(file)
  throw kernelError('CONFIG_INVALID', 'give a file with rules, or a condition with --where', {
    field: 'file',
  })
}
