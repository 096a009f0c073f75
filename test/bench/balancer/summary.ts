import { median } from '../support/statistics.ts'
import type { Round } from './round.ts'
import type { Contender, ScenarioName } from './scenarios.ts'

/** The middle of the repeats. */
export interface Summary
  extends Pick<Round, 'scenario' | 'contender' | 'retries' | 'p50' | 'p99' | 'errors'> {
  late: number
}

export function summarize(rounds: readonly Round[]): Summary[] {
  const groups = Map.groupBy(
    rounds,
    ({ scenario, contender, retries }) => `${scenario} ${contender} ${retries}`,
  )
  return [...groups.values()].map((group) => {
    const { scenario, contender, retries } = group[0] as Round
    const middle = (value: (round: Round) => number) => median(group.map(value))
    return {
      scenario,
      contender,
      retries,
      p50: middle(({ p50 }) => p50),
      p99: middle(({ p99 }) => p99),
      errors: middle(({ errors }) => errors),
      late: Math.max(...group.map(({ late }) => late)),
    }
  })
}

export function find(
  summaries: readonly Summary[],
  scenario: ScenarioName,
  contender: Contender,
  retries = false,
) {
  return summaries.find(
    (each) => each.scenario === scenario && each.contender === contender && each.retries === retries,
  )
}

/** The most by which the slow case may exceed the equal one. */
const SLOWER = 1.5
const ERRORS = 0.02

/** One line for each bar whose rounds were run. */
export function bars(summaries: readonly Summary[]): string[] {
  const tuned: Contender[] = ['ewma', 'learned']
  return [
    ...tuned.flatMap((contender) => {
      const [equal, slow] = [find(summaries, 'equal', contender), find(summaries, 'slow', contender)]
      if (!equal || !slow) return []
      const ratio = slow.p99 / equal.p99
      return [
        line(
          `${contender}: p99 with one 3× slower ÷ equal: ×${ratio.toFixed(2)}`,
          `×${SLOWER}`,
          ratio <= SLOWER,
        ),
      ]
    }),
    ...(['flaky', 'broken'] as const).flatMap((scenario) =>
      tuned.flatMap((contender) => {
        const found = find(summaries, scenario, contender)
        if (!found) return []
        const text = `${contender}: errors without retries, ${scenario}: ${(100 * found.errors).toFixed(2)} %`
        return [line(text, `${100 * ERRORS} %`, found.errors < ERRORS)]
      }),
    ),
  ]
}

function line(text: string, bar: string, met: boolean): string {
  return `- ${text}, bar ${bar}: ${met ? 'met' : 'NOT MET'}`
}
