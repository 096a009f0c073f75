import { withDeadline } from '../../kernel/index.ts'
import type { Metrics } from './metrics.ts'

/** Dependencies, each a probe that rejects while it cannot be reached. */
export type Checks = Readonly<Record<string, () => Promise<unknown>>>

/** Milliseconds after which a dependency that says nothing counts as away. */
const PATIENCE = 2_000
/** Milliseconds for which an answer holds: figures are asked for more often than is worth a question to each dependency. */
const HOLDS = 5_000

/**
 * Adds whether each dependency is reached: what `/ready` says, as figures.
 * @param now milliseconds of a clock that never goes back: with another one an answer might hold for hours
 */
export function exposeChecks(
  metrics: Metrics,
  checks: Checks,
  now: () => number = () => performance.now(),
): void {
  const look = () =>
    Promise.all(
      Object.entries(checks).map(async ([dependency, check]) => {
        const answer = withDeadline(check(), PATIENCE, `checking ${dependency}`)
        return [{ dependency }, await answer.then(toFigure, () => 0)] as const
      }),
    )
  let last: { at: number; answer: ReturnType<typeof look> } | undefined
  metrics.gauges('dependency_up', 'Whether a dependency is reached: 1 or 0', ['dependency'], () => {
    if (last === undefined || now() - last.at >= HOLDS) last = { at: now(), answer: look() }
    return last.answer
  })
}

/** One that the service can do without says that it is away instead of rejecting. */
function toFigure(answer: unknown): number {
  return (answer as { degraded?: unknown } | null | undefined)?.degraded === undefined ? 1 : 0
}
