import { createLeastSquares } from './least-squares.ts'
import type { Policy, Weights } from './policy.ts'

/** A policy that can tell what it has learned. */
export interface LearnedPolicy extends Policy {
  readonly learned: readonly number[]
  /** Observations since the last time somebody asked. */
  takeCount(): number
  replace(weights: readonly number[]): void
}

/** Constant, requests under way, latency, failures, the second and third together; times in seconds. */
const PRIOR = [0, 0.01, 1, 1, 0.15] as const
/** What no observation can make cheaper: without it a run of luck would send everything to one replica. */
const LEAST = { load: 0.001, latency: 0.1, errors: 0.5, both: 0.03 }
const EXPLORE = 0.05

/**
 * Learns how long a request takes at a replica that looks a certain way, and chooses the one where it takes least. Requests
 * under way are part of it: what chooses by latency alone sends everything to one replica until that is slow.
 * Exploration is ε-greedy: Sutton and Barto, Reinforcement Learning, chapter "Multi-armed Bandits".
 */
export function createLearnedPolicy(): LearnedPolicy {
  const model = createLeastSquares(PRIOR)
  let count = 0
  return {
    explore: EXPLORE,
    weights: () => bounded(model.weights),
    learn({ load, latency, errors }, took) {
      const seconds = latency / 1_000
      model.learn([1, load, seconds, errors, load * seconds], took / 1_000)
      count += 1
    },
    get learned() {
      return model.weights
    },
    takeCount() {
      const taken = count
      count = 0
      return taken
    },
    replace: model.replace,
  }
}

/** What is chosen by: latencies come in milliseconds there, and the constant makes no difference. */
function bounded([, load = 0, latency = 0, errors = 0, both = 0]: readonly number[]): Weights {
  return [
    Math.max(LEAST.load, load),
    Math.max(LEAST.latency, latency) / 1_000,
    Math.max(LEAST.errors, errors),
    Math.max(LEAST.both, both) / 1_000,
  ]
}
