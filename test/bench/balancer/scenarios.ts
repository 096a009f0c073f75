import type { PolicyName } from '../../../src/runtime/balancer/index.ts'

/** How one replica behaves. */
export interface Behaviour {
  /** Times of all requests are multiplied by this. */
  slower: number
  /** Share of requests that fail at once. */
  failing: number
  /** Share of requests that take five median times longer. */
  stalling: number
}

export interface Scenario {
  title: string
  /** Of the first replica; the others are always sound. */
  first: Behaviour
}

export const SOUND: Behaviour = { slower: 1, failing: 0, stalling: 0 }

export const SCENARIOS = {
  equal: { title: 'equal', first: SOUND },
  slow: { title: 'one 3× slower', first: { ...SOUND, slower: 3 } },
  stalls: { title: 'one stalls often', first: { ...SOUND, stalling: 0.2 } },
  flaky: { title: 'one fails 40 % at once', first: { ...SOUND, failing: 0.4 } },
  broken: { title: 'one fails all at once', first: { ...SOUND, failing: 1 } },
} as const satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof SCENARIOS
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[]

/** Those where retries elsewhere make a difference. */
export const FAILING: readonly ScenarioName[] = ['flaky', 'broken']

/** The last three are the product's; the first is what it is compared with. */
export type Contender = 'round-robin' | PolicyName
export const CONTENDERS: readonly Contender[] = ['round-robin', 'least-connections', 'ewma', 'learned']

export const REPLICAS = 3
/** Requests that a replica works on at once; others wait. */
export const SLOTS = 4
/** Milliseconds. */
export const MEDIAN = 60
/** Of the logarithm of the times. */
export const SIGMA = 0.54
/** Share of what the replicas can do when one is three times slower: 54 % of what three sound ones can. */
export const LOAD = 0.7

/** Requests a second that are sent in all, in every scenario. */
export const RATE = (LOAD * (REPLICAS - 1 + 1 / 3) * SLOTS * 1_000) / (MEDIAN * Math.exp(SIGMA ** 2 / 2))
