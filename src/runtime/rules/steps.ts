import { rulesError } from './errors.ts'

/** What is left of the work one evaluation may do. Shared by all parts of a compiled condition. */
export interface Steps {
  left: number
}

/** @throws AgentctlError RULE_TOO_EXPENSIVE */
export function take(steps: Steps, count: number): void {
  steps.left -= count
  if (steps.left < 0) throw tooExpensive()
}

function tooExpensive() {
  return rulesError(
    'RULE_TOO_EXPENSIVE',
    'The rule was given up: it looks at too many values of this document',
  )
}
