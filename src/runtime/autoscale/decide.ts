import { type Capacity, type Demand, demandOf, type Fleet, type Lane, seconds } from './demand.ts'
import type { Range } from './ranges.ts'

export interface Policy extends Range, Capacity {
  /** Milliseconds for which fewer must have been enough before some go. */
  readonly cooldown: number
}

/** What there is to do; or why that cannot be known. */
export type Sample = { readonly lanes: readonly Lane[] } | { readonly unknown: string }

/** What earlier decisions leave for the next one. */
export interface Memory {
  /** When the number of replicas was last changed, or when the first look was. */
  readonly changedAt: number
  /** What was needed within the last cooldown, oldest and most first: only what was never exceeded since. */
  readonly needs: readonly { readonly at: number; readonly replicas: number }[]
  readonly seen: { readonly at: number; readonly lanes: readonly Lane[] } | null
}

export interface Decision {
  readonly replicas: number
  readonly reason: string
  readonly memory: Memory
}

export const beginning = (now: number): Memory => ({ changedAt: now, needs: [], seen: null })

/**
 * How many replicas a role should have now. More come at once, as many as the work is for; fewer only after they would have been
 * enough for a whole cooldown, and no more than half of them at a time. What is not known changes nothing.
 * @param now milliseconds of a clock that never goes back
 */
export function decide(policy: Policy, memory: Memory, sample: Sample, fleet: Fleet, now: number): Decision {
  const { min, max } = policy
  const within = (replicas: number) => Math.min(max, Math.max(min, replicas))
  const { wanted } = fleet
  if ('unknown' in sample) {
    const kept = remembered(policy, { ...memory, seen: null }, wanted, now)
    return settle(within(wanted), `not known: ${sample.unknown}`, kept, fleet, now)
  }
  const demand = greatest(sample.lanes, policy, memory, fleet, now)
  const enough = Math.max(demand.need, Math.min(demand.comfort, wanted))
  const noted = remembered(policy, { ...memory, seen: { at: now, lanes: sample.lanes } }, within(enough), now)
  const bounded = within(wanted)
  if (bounded !== wanted) return settle(bounded, `kept within ${min}..${max}`, noted, fleet, now)
  const need = within(demand.need)
  if (need > wanted) return grow(need, demand, noted, fleet, now)
  return shrink(policy, demand, noted, fleet, now)
}

function grow(need: number, { reason }: Demand, memory: Memory, fleet: Fleet, now: number): Decision {
  const held = (why: string) => ({ replicas: fleet.wanted, reason: `${reason}; ${why}`, memory })
  if (fleet.crashing) return held('but a replica keeps crashing, and more would too')
  if (fleet.changing === 'up') return held('those that were added are still starting')
  return settle(need, reason, memory, fleet, now)
}

function shrink(policy: Policy, { reason }: Demand, memory: Memory, fleet: Fleet, now: number): Decision {
  const { wanted, changing } = fleet
  const kept = (why: string) => ({ replicas: wanted, reason: why, memory })
  const most = memory.needs[0]?.replicas ?? wanted
  if (most >= wanted) return kept(reason)
  if (changing === 'down') return kept('those that go finish their work first')
  if (changing === 'up') return kept('those that were added are still starting')
  const left = policy.cooldown - (now - memory.changedAt)
  if (left > 0) return kept(`${most} would do; some may go in ${seconds(left)}`)
  const replicas = Math.max(most, Math.ceil(wanted / 2))
  return settle(
    replicas,
    `no more than ${most} were needed for ${seconds(policy.cooldown)}`,
    memory,
    fleet,
    now,
  )
}

function settle(replicas: number, reason: string, memory: Memory, { wanted }: Fleet, now: number): Decision {
  return { replicas, reason, memory: replicas === wanted ? memory : { ...memory, changedAt: now } }
}

/** The lane that needs most: a replica serves each of them with all its slots. */
function greatest(
  lanes: readonly Lane[],
  policy: Policy,
  { seen }: Memory,
  fleet: Fleet,
  now: number,
): Demand {
  const demands = lanes.map((lane) => demandOf(lane, policy, fleet, fallingOf(lane, seen, now)))
  const first: Demand = { need: 0, comfort: 0, reason: 'there is nothing to do' }
  const worst = demands.reduce((most, one) => (one.need > most.need ? one : most), demands[0] ?? first)
  return { ...worst, comfort: demands.reduce((most, { comfort }) => Math.max(most, comfort), 0) }
}

function fallingOf({ name, waiting }: Lane, seen: Memory['seen'], now: number): number {
  const before = seen?.lanes.find((lane) => lane.name === name)
  return seen && before && now > seen.at ? (before.waiting - waiting) / (now - seen.at) : 0
}

function remembered({ cooldown }: Policy, memory: Memory, replicas: number, now: number): Memory {
  const needs = memory.needs.filter((one) => now - one.at <= cooldown && one.replicas > replicas)
  return { ...memory, needs: [...needs, { at: now, replicas }] }
}
