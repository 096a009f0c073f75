/** A linear model that is fitted while it is used. */
export interface LinearModel {
  readonly weights: readonly number[]
  /** Corrects the weights by one observation. Values that are not finite are ignored. */
  learn(features: readonly number[], value: number): void
  /** Takes other weights and keeps what is known about their certainty. */
  replace(weights: readonly number[]): void
}

/** How much an observation still counts after the next one. */
const FORGETTING = 0.998
/** Variance of a weight that nothing is known about. */
const LEAST_CERTAIN = 1_000

/**
 * Recursive least squares with exponential forgetting: S. Haykin, Adaptive Filter Theory, chapter "The Recursive
 * Least-Squares Algorithm". What is never observed is forgotten for ever, until one observation would be everything
 * (covariance wind-up): so the variance of each weight is bounded, and only there, for the others to stay as quick as they are.
 *
 * @param prior weights to start from
 * @param uncertainty variance of the prior, in units of the variance of the observations
 */
export function createLeastSquares(prior: readonly number[], uncertainty = 1): LinearModel {
  const size = prior.length
  const start = () => prior.map((_, row) => prior.map((_, column) => (row === column ? uncertainty : 0)))
  let weights = [...prior]
  let covariance = start()

  function bound(): void {
    for (let i = 0; i < size; i++) {
      const variance = at(covariance[i], i)
      if (variance <= LEAST_CERTAIN) continue
      const shrink = Math.sqrt(LEAST_CERTAIN / variance)
      covariance = covariance.map((row, r) =>
        row.map((cell, c) => cell * (r === i ? shrink : 1) * (c === i ? shrink : 1)),
      )
    }
  }

  return {
    get weights() {
      return weights
    },
    replace(others) {
      weights = [...others]
    },
    learn(features, value) {
      if (!Number.isFinite(value) || !features.every(Number.isFinite)) return
      const projected = covariance.map((row) => dot(row, features))
      const scale = FORGETTING + dot(projected, features)
      if (scale < FORGETTING / 2) {
        covariance = start() // rounding has eaten it up
        return
      }
      const error = value - dot(weights, features)
      weights = weights.map((weight, i) => weight + (at(projected, i) / scale) * error)
      covariance = covariance.map((row, i) =>
        row.map((cell, j) => (cell - (at(projected, i) * at(projected, j)) / scale) / FORGETTING),
      )
      bound()
    },
  }
}

function at(values: readonly number[] | undefined, index: number): number {
  return values?.[index] ?? Number.NaN
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * at(b, i), 0)
}
