import type { Rule } from '../../runtime/campaigns/index.ts'
import { AgentctlError, kernelError } from '../../runtime/kernel/index.ts'
import { keyOf } from './idempotency-key.ts'
import { type RuleFlags, ruleOfFlags, rulesOfFiles } from './rule-input.ts'
import { compiledRule } from './test-rules.ts'
import { withCampaigns } from './with-campaigns.ts'

export interface AddRuleFlags extends RuleFlags, Record<string, unknown> {
  name?: string | undefined
  priority?: number | undefined
  key?: string | undefined
}

/**
 * Adds the rules of a file, in order, or that of --where. Conditions are looked at before any is added. When the service
 * refuses one all the same, those before it are there, and a repeat under the key that is told then adds those that are missing.
 * @throws AgentctlError CONFIG_INVALID, CAMPAIGN_FILE_INVALID, RULE_INVALID, RULE_TOO_LARGE, and what the service refuses
 */
export async function addRules(
  campaignId: number,
  file: string | undefined,
  flags: AddRuleFlags,
  signal: AbortSignal,
): Promise<Rule[]> {
  const shortcut = ruleOfFlags(flags)
  if ((shortcut === undefined) === (file === undefined))
    throw kernelError('CONFIG_INVALID', 'give either a file with rules, or a condition with --where', {
      field: 'file',
    })
  const rules =
    shortcut === undefined ? await rulesOfFiles(file === undefined ? [] : [file], signal) : [shortcut]
  for (const [i, rule] of rules.entries()) compiledRule(rule, i, rules)
  const key = keyOf(flags.key)
  return withCampaigns(flags, signal, async (client) => {
    const added: Rule[] = []
    try {
      for (const [i, rule] of rules.entries())
        added.push(await client.addRule(campaignId, rule, { key: i === 0 ? key : `${key}-${i}`, signal }))
    } catch (error) {
      throw added.length === 0 ? error : partly(error, added.length, rules.length, key)
    }
    return added
  })
}

/** Without the key, a repeat would add the first ones twice. */
function partly(error: unknown, added: number, all: number, key: string): unknown {
  if (!(error instanceof AgentctlError)) return error
  const { code, kind, title, fix, status, field, message } = error
  return new AgentctlError(
    code,
    {
      kind,
      title,
      status,
      fix: `${fix} Then repeat it with --key ${key}: the rules that are there are not added twice.`,
    },
    `rule ${added + 1} of ${all}: ${message}; the ${added === 1 ? 'one' : added} before it ${added === 1 ? 'was' : 'were'} added`,
    { cause: error, ...(field === undefined ? {} : { field }) },
  )
}
