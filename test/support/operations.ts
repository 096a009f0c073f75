import type {
  LoadPlan,
  OpenScenario,
  Operation,
  Scenario,
  ScenarioContext,
} from '../../src/runtime/loadtest/index.ts'

/** What has become of an operation. */
export interface Outcome {
  /** Milliseconds from when it was due; undefined when it failed. */
  latency: number | undefined
  cause: string | undefined
  series: Record<string, number[]>
  counters: Record<string, number>
}

/** A scenario that is driven by hand, without the engine. */
export interface DrivenScenario {
  /** Begins an operation; resolves with its end. @param late milliseconds by which it is begun after it was due */
  run(late?: number): Promise<Outcome>
  close(): Promise<void>
}

export async function driveScenario(
  scenario: Scenario,
  target: string,
  options: LoadPlan['options'] = {},
  context: Partial<ScenarioContext> = {},
): Promise<DrivenScenario> {
  const opened: OpenScenario = await scenario.open({
    ...{ target, options, connections: 50, seed: 1, timeout: 20_000, headers: {}, ...context },
  })
  const names = { series: scenario.series.map(({ name }) => name), counters: scenario.counters }
  let index = 0
  return {
    run(late = 0) {
      const { operation, outcome } = watch(index++, performance.now() - late, names)
      opened.begin(operation)
      return outcome
    },
    close: () => opened.close(),
  }
}

interface Names {
  series: readonly string[]
  counters: readonly string[]
}

/** An operation that insists on what is promised of scenarios: names that were declared, and exactly one end. */
function watch(
  index: number,
  due: number,
  names: Names,
): { operation: Operation; outcome: Promise<Outcome> } {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
  const series: Record<string, number[]> = {}
  const counters: Record<string, number> = {}
  let ended = false
  const end = (latency: number | undefined, cause: string | undefined) => {
    if (ended) return reject(new Error(`operation ${index} has ended twice`))
    ended = true
    // A second end would come at once, or a moment later.
    setImmediate(() => resolve({ latency, cause, series, counters }))
  }
  const known = (name: string, all: readonly string[]): void => {
    if (!all.includes(name)) reject(new Error(`${name} was not declared`))
  }
  const operation: Operation = {
    index,
    due,
    record(name, milliseconds) {
      known(name, names.series)
      if (!(milliseconds >= 0)) reject(new Error(`${name} took ${milliseconds} ms`))
      series[name] = [...(series[name] ?? []), milliseconds]
    },
    count(name, by) {
      known(name, names.counters)
      counters[name] = (counters[name] ?? 0) + by
    },
    succeed: (at) => end(at - due, undefined),
    fail: (cause) => end(undefined, cause),
  }
  return { operation, outcome: promise }
}
