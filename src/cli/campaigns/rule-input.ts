import type { z } from 'zod'
import { type NewRule, newRule, type RuleChange, ruleChange } from '../../runtime/campaigns/messages.ts'
import { kernelError } from '../../runtime/kernel/index.ts'
import { isObject } from './import/field-map.ts'
import { invalid, nameOf, parseJson, readJson } from './json-file.ts'
import { parseReward } from './reward.ts'

/** A rule on the command line. */
export interface RuleFlags {
  where?: string | undefined
  reward?: string | undefined
  name?: string | undefined
  priority?: number | undefined
}

/**
 * The rules of files, in order: each holds a rule, a list of rules, or an object with `rules`.
 * @throws AgentctlError CAMPAIGN_FILE_INVALID naming file and field
 */
export async function rulesOfFiles(files: readonly string[], signal?: AbortSignal): Promise<NewRule[]> {
  const rules: NewRule[] = []
  for (const file of files) rules.push(...rulesOf(await readJson(file, signal), nameOf(file)))
  return rules
}

/** @throws AgentctlError CAMPAIGN_FILE_INVALID */
export function rulesOf(value: unknown, name: string): NewRule[] {
  const isMany = Array.isArray(value) || (isObject(value) && Array.isArray(value.rules))
  const given = Array.isArray(value) ? value : isMany ? (value as { rules: unknown[] }).rules : [value]
  if (given.length === 0) throw invalid(name, 'it holds no rules')
  return given.map((one, i) => ruleOf(one, name, isMany ? `rules[${i}]` : ''))
}

function ruleOf(value: unknown, name: string, at: string): NewRule {
  if (!isObject(value) || !('conditions' in value))
    throw invalid(
      name,
      `${at === '' ? 'it' : at} is no rule: a rule is an object with \`conditions\`, such as {"conditions": {"amount": {"$gte": 100}}}`,
    )
  const parsed = newRule.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid(name, issueText(parsed.error, at))
}

/**
 * The rule of --where and --reward, if there is one.
 * @throws AgentctlError CAMPAIGN_FILE_INVALID, CONFIG_INVALID
 */
export function ruleOfFlags({ where, reward, name, priority }: RuleFlags): NewRule | undefined {
  if (where === undefined) {
    if (reward === undefined) return undefined
    throw kernelError('CONFIG_INVALID', '--reward belongs to a rule that is given with --where', {
      field: 'reward',
    })
  }
  const given = { name, priority, reward: reward === undefined ? undefined : parseReward(reward) }
  return ruleOf({ conditions: conditionOf(where), ...defined(given) }, '--where', '')
}

/**
 * What of a rule is to be changed.
 * @throws AgentctlError CAMPAIGN_FILE_INVALID, CONFIG_INVALID
 */
export function ruleChangeOf(flags: RuleFlags & { active?: boolean | undefined }): RuleChange {
  const { where, reward, name, priority, active } = flags
  const conditions = where === undefined ? undefined : conditionOf(where)
  const change = { name, priority, active, conditions, reward: reward && parseReward(reward) }
  const parsed = ruleChange.safeParse(defined(change))
  if (parsed.success) return parsed.data
  const fix = 'Give at least one of --active, --where, --reward, --priority and --name.'
  const isEmpty = Object.keys(defined(change)).length === 0
  throw kernelError('CONFIG_INVALID', issueText(parsed.error), isEmpty ? { fix } : {})
}

function conditionOf(where: string): Record<string, unknown> {
  const conditions = parseJson(where, '--where')
  if (isObject(conditions)) return conditions
  throw invalid('--where', 'it is no JSON object such as {"amount":{"$gte":100}}')
}

/** Without what was not given. */
export function defined(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined))
}

/** The first thing that is wrong, with where it is: `conditions: Invalid input`. */
export function issueText(error: z.ZodError, at = ''): string {
  const issue = error.issues[0] as z.core.$ZodIssue
  const where = issue.path.reduce<string>(
    (path, part) =>
      typeof part === 'number' ? `${path}[${part}]` : `${path}${path === '' ? '' : '.'}${String(part)}`,
    at,
  )
  return where === '' ? issue.message : `${where}: ${issue.message}`
}
