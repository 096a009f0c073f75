import { rulesError } from './errors.ts'

/** What is left of the work one evaluation may do. Shared by all parts of a compiled condition. */
export interface Steps {
  left: number
  /** Characters an explanation may still show, about. */
  room: number
  /** Bytes of states that the patterns of the condition remember between texts, by the engine's own reckoning. */
  remembered: number
}

/** @throws AgentctlError RULE_TOO_EXPENSIVE */
export function take(steps: Steps, count: number): void {
  steps.left -= count
  if (steps.left < 0) throw tooExpensive()
}

function tooExpensive() {
  return rulesError('RULE_TOO_EXPENSIVE', 'Given up: the rule looks at too many values of this document')
}
