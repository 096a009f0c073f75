import type { NewRule } from '../../runtime/campaigns/messages.ts'
import { eventOf, tryRule } from '../../runtime/campaigns/service/rule-trial.ts'
import { AgentctlError } from '../../runtime/kernel/index.ts'
import { compileCondition, type Explanation, type Matcher } from '../../runtime/rules/index.ts'
import type { RuleTestInput } from './rule-test-input.ts'

/** One rule and one event. */
export interface RuleTrial {
  /** In the order of the file, from 1. */
  rule: number
  name: string | null
  /** In the order in which they were given, from 1. */
  event: number
  event_id: string | null
  matched: boolean
  /** What it would earn, whatever budgets and dates say; null when it does not match. */
  earns: string | null
  currency: string
  explanation?: Explanation | undefined
  /** Why it could not be told, or explained. */
  error?: { code: string; detail: string } | undefined
}

export interface RuleTest {
  /** Every rule matches every event. */
  matched: boolean
  results: RuleTrial[]
}

/**
 * Tries rules on events, in this process.
 * @param now what an event happened at that does not say
 * @throws AgentctlError RULE_INVALID, RULE_TOO_LARGE of a rule that is none
 */
export function testRules({ rules, events, currency }: RuleTestInput, now: string, only?: number): RuleTest {
  const compiled = rules.map((rule, i) => ({ rule, number: i + 1, matcher: compiledRule(rule, i, rules) }))
  const chosen = compiled.filter(({ number }) => only === undefined || number === only)
  const results = events.flatMap((event, i) => {
    const stored = eventOf({ ...event, event_id: event.event_id ?? `event-${i + 1}` }, now)
    const about = { event: i + 1, event_id: event.event_id ?? null, currency }
    return chosen.map(({ rule: { name = null, reward }, number, matcher }): RuleTrial => {
      return { rule: number, name, ...about, ...tryRule({ reward, currency, matcher }, stored) }
    })
  })
  return { matched: results.every(({ matched }) => matched), results }
}

/**
 * Which rule is wrong is said where there are several.
 * @throws AgentctlError RULE_INVALID, RULE_TOO_LARGE
 */
export function compiledRule(rule: NewRule, index: number, all: readonly NewRule[]): Matcher {
  try {
    return compileCondition(rule.conditions)
  } catch (error) {
    if (!(error instanceof AgentctlError) || all.length === 1) throw error
    const { code, kind, title, fix, status, field } = error
    const options = { cause: error, ...(field === undefined ? {} : { field: `rules[${index}].${field}` }) }
    throw new AgentctlError(
      code,
      { kind, title, fix, status },
      `rule ${index + 1}: ${error.message}`,
      options,
    )
  }
}
