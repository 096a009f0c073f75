import { type Logger, messageOf } from '../kernel/index.ts'
import type { Clock } from '../resilience/index.ts'
import type { Fleet } from './demand.ts'
import { autoscaleError } from './errors.ts'
import type { Direction } from './metrics.ts'
import { checkRange, type Range } from './ranges.ts'
import type { Sampler } from './sampler.ts'
import { createScaledRole, type Pace, type ScaledRole } from './scaled-role.ts'
import type { AutoscaleStatus } from './status.ts'
import type { Workload } from './workloads.ts'

/** Those who do the work; whoever starts and stops them. */
export interface Crew {
  fleet(role: string): Fleet
  /** Resolves when all that came are ready, and all that went have finished their work. */
  scale(role: string, replicas: number): Promise<void>
}

/** Keeps as many replicas of roles as their work is for. */
export interface Autoscaler {
  /**
   * From now on a role is scaled by itself between these bounds.
   * @throws AgentctlError AUTOSCALE_INVALID when nothing tells how much it has to do
   */
  set(role: string, range: Range): void
  /** Somebody has decided how many there are: that stands until bounds are set again. */
  release(role: string): void
  /** Nothing of a role is remembered: it is no longer run. */
  forget(role: string): void
  /** Looks at all roles once and acts on what it sees; begins no second look while one is under way. */
  look(): Promise<void>
  status(): AutoscaleStatus[]
  /** Nothing is decided any more; what is begun goes on. */
  close(): Promise<void>
}

export interface AutoscalerOptions extends Pace {
  crew: Crew
  /** Undefined for roles whose work waits nowhere. */
  workloadOf(role: string): Workload | undefined
  /** Called once, when the first role is to be looked at. */
  openSampler(): Promise<Sampler & { close(): Promise<void> }>
  /** Milliseconds between two looks. */
  interval?: number
  clock: Clock
  /** Milliseconds since 1970. */
  now?: () => number
  log: Logger
  /** Told of each decision. */
  onDecision?(role: string, direction: Direction): void
}

const INTERVAL = 1_000

/** Looks at nothing until there is a role to scale. */
export function createAutoscaler(options: AutoscalerOptions): Autoscaler {
  const { crew, workloadOf, clock, now = Date.now, log, interval = INTERVAL } = options
  const roles = new Map<string, ScaledRole>()
  let sampler: ReturnType<AutoscalerOptions['openSampler']> | undefined
  let running: Promise<void> | undefined
  let cancel: (() => void) | undefined
  let closed = false

  function openOnce(): Promise<Sampler> {
    sampler ??= options.openSampler()
    return sampler
  }

  async function lookAt(scaled: ScaledRole): Promise<void> {
    const sample = await (await openOnce()).look(scaled.workload)
    if (closed || !scaled.active || roles.get(scaled.role) !== scaled) return
    const fleet = crew.fleet(scaled.role)
    const decision = scaled.decide(sample, fleet)
    const { replicas, reason } = decision
    const direction = directionOf(fleet.wanted, replicas)
    options.onDecision?.(scaled.role, direction)
    if (direction === 'hold') return
    log.info({ role: scaled.role, from: fleet.wanted, to: replicas, reason }, 'scaled by itself')
    const over = scaled.began(fleet.wanted, decision)
    crew
      .scale(scaled.role, replicas)
      .catch((error) => {
        if (!closed) log.warn({ role: scaled.role, reason: messageOf(error) }, 'scaling met trouble')
      })
      .finally(over)
  }

  async function lookAtAll(): Promise<void> {
    const active = [...roles.values()].filter((scaled) => scaled.active)
    await Promise.all(active.map(lookAt))
  }

  function look(): Promise<void> {
    running ??= lookAtAll()
      .catch((error) => log.warn({ reason: messageOf(error) }, 'nothing can be scaled by itself now'))
      .finally(() => {
        running = undefined
      })
    return running
  }

  function plan(): void {
    if (closed) return
    cancel = clock.after(interval, () => void look().then(plan))
  }

  return {
    set(role, range) {
      checkRange(role, range)
      const scaled = roles.get(role)
      if (scaled) return scaled.setRange(range)
      const workload = workloadOf(role)
      if (!workload) throw autoscaleError('AUTOSCALE_INVALID', `nothing tells how many "${role}" needs`)
      const { wait, cooldown } = options
      roles.set(role, createScaledRole({ role, range, workload, wait, cooldown, monotonic: clock.now, now }))
      if (!cancel) plan()
    },
    release(role) {
      const scaled = roles.get(role)
      if (!scaled?.active) return
      scaled.release('scaled by hand')
      log.info({ role }, 'no longer scaled by itself: it was scaled by hand')
    },
    forget: (role) => void roles.delete(role),
    look,
    status: () => [...roles.values()].map((scaled) => scaled.status(crew.fleet(scaled.role))),
    async close() {
      closed = true
      cancel?.()
      // It may be what a look still waits for.
      await (await sampler?.catch(() => undefined))?.close()
      await running
    },
  }
}

function directionOf(from: number, to: number): Direction {
  if (to === from) return 'hold'
  return to > from ? 'up' : 'down'
}
