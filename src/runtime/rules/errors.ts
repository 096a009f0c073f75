import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const rulesErrors = {
  RULE_INVALID: {
    kind: 'usage',
    status: 422,
    title: 'The rule cannot be understood',
    fix: 'Correct the condition that is named; docs/rules-language.md lists the operators.',
  },
  RULE_TOO_LARGE: {
    kind: 'usage',
    status: 422,
    title: 'The rule is larger or deeper than a rule may be',
    fix: 'Split it into several rules, or use $in for long lists of values.',
  },
  RULE_TOO_EXPENSIVE: {
    kind: 'usage',
    status: 422,
    title: 'The rule takes more steps on this event than it may',
    fix: 'Make the rule or the arrays of the event smaller.',
  },
} as const satisfies ErrorTable

export const rulesError = errorsOf(rulesErrors)
