import { randomUUID } from 'node:crypto'
import type { Rule } from '../../runtime/campaigns/index.ts'
import { kernelError } from '../../runtime/kernel/index.ts'
import { type RuleFlags, ruleOfFlags, rulesOfFiles } from './rule-input.ts'
import { withCampaigns } from './with-campaigns.ts'

export interface AddRuleFlags extends RuleFlags, Record<string, unknown> {
  name?: string | undefined
  priority?: number | undefined
  key?: string | undefined
}

/**
 * Adds the rules of a file, in order, or that of --where. When one is refused, those before it are there, and a repeat
 * under the same key adds those that are missing.
 * @throws AgentctlError CONFIG_INVALID, CAMPAIGN_FILE_INVALID, and what the service refuses
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
  const rules = shortcut === undefined ? await rulesOfFiles(file === undefined ? [] : [file]) : [shortcut]
  const key = flags.key ?? randomUUID()
  return withCampaigns(flags, signal, async (client) => {
    const added: Rule[] = []
    for (const [i, rule] of rules.entries())
      added.push(await client.addRule(campaignId, rule, { key: i === 0 ? key : `${key}-${i}`, signal }))
    return added
  })
}
