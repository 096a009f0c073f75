import { beginning, type Decision, decide, type Memory, type Sample } from './decide.ts'
import type { Fleet } from './demand.ts'
import type { Range } from './ranges.ts'
import type { AutoscaleStatus } from './status.ts'
import type { Workload } from './workloads.ts'

/** Milliseconds: how long work may wait, and for how long fewer must have been enough before some go. */
export interface Pace {
  readonly wait: number
  readonly cooldown: number
}

/** One role that is scaled by itself, with all that is remembered of it. */
export interface ScaledRole {
  readonly role: string
  readonly workload: Workload
  readonly active: boolean
  setRange(range: Range): void
  /** From now on the number is somebody else's matter. */
  release(why: string): void
  decide(sample: Sample, fleet: Fleet): Decision
  /** Remembers a change that is begun now; the returned function is to be called when it is over. */
  began(from: number, decision: Decision): () => void
  status(fleet: Fleet): AutoscaleStatus
}

export interface ScaledRoleOptions extends Pace {
  role: string
  range: Range
  workload: Workload
  /** Milliseconds of a clock that never goes back. */
  monotonic: () => number
  /** Milliseconds since 1970. */
  now: () => number
}

export function createScaledRole(options: ScaledRoleOptions): ScaledRole {
  const { role, workload, monotonic, now, wait, cooldown } = options
  let { range } = options
  let memory: Memory = beginning(monotonic())
  let active = true
  let reason = 'not looked at yet'
  let lookedAt: string | null = null
  let last: AutoscaleStatus['last'] = null
  const changes = new Set<'up' | 'down'>()
  const time = () => new Date(now()).toISOString()

  /** Those that go do not keep others from coming. */
  function changing(): Fleet['changing'] {
    return changes.has('up') ? 'up' : changes.has('down') ? 'down' : undefined
  }

  return {
    role,
    workload,
    get active() {
      return active
    },
    setRange(next) {
      range = next
      active = true
      memory = beginning(monotonic())
    },
    release(why) {
      active = false
      reason = why
    },
    decide(sample, fleet) {
      const policy = { ...range, wait, cooldown, slots: workload.slots }
      const decision = decide(policy, memory, sample, { ...fleet, changing: changing() }, monotonic())
      memory = decision.memory
      reason = decision.reason
      lookedAt = time()
      return decision
    },
    began(from, decision) {
      const direction = decision.replicas > from ? 'up' : 'down'
      last = { at: time(), from, to: decision.replicas, reason: decision.reason }
      changes.add(direction)
      return () => changes.delete(direction)
    },
    status: ({ wanted }) => ({
      ...{ role, ...range, active, replicas: wanted, reason },
      ...{ looked_at: lookedAt, last },
    }),
  }
}
