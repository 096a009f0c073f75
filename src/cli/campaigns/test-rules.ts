import type { NewEvent, NewRule } from '../../runtime/campaigns/messages.ts'
import { documentOf } from '../../runtime/campaigns/processing/document.ts'
import { rewardOf } from '../../runtime/campaigns/processing/rewards.ts'
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
  explanation?: Explanation
  /** Why it could not be told. */
  error?: { code: string; detail: string }
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
  const results = events.flatMap((event, i) =>
    chosen.map(({ rule, number, matcher }): RuleTrial => {
      const found = explained(matcher, event, i + 1, now)
      return {
        rule: number,
        name: rule.name ?? null,
        event: i + 1,
        event_id: event.event_id ?? null,
        matched: found.explanation?.matched === true,
        earns: found.explanation?.matched ? rewardOf(rule.reward, event.amount ?? null, currency) : null,
        currency,
        ...found,
      }
    }),
  )
  return { matched: results.every(({ matched }) => matched), results }
}

/** Which rule is wrong is said where there are several. */
function compiledRule(rule: NewRule, index: number, all: readonly NewRule[]): Matcher {
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

function explained(
  matcher: Matcher,
  event: NewEvent,
  number: number,
  now: string,
): Pick<RuleTrial, 'explanation' | 'error'> {
  const document = documentOf({
    event_id: event.event_id ?? `event-${number}`,
    user_id: event.user_id ?? null,
    merchant_id: event.merchant_id ?? null,
    amount: event.amount ?? null,
    currency: event.currency ?? null,
    occurred_at: event.occurred_at ?? now,
    data: event.data,
  })
  try {
    matcher.matches(document) // within the steps that the service allows: to explain takes more of them
    return { explanation: matcher.explain(document) }
  } catch (error) {
    if (!(error instanceof AgentctlError)) throw error
    return { error: { code: error.code, detail: error.message } }
  }
}
