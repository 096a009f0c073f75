import {
  type AutoscaleStatus,
  type Fleet,
  type OpenAutoscaler,
  openAutoscaler,
  type Range,
  type WorkOptions,
} from '../autoscale/index.ts'
import type { Logger } from '../kernel/index.ts'
import type { Part } from '../parts.ts'
import { supervisorError } from './errors.ts'
import type { Plan } from './plan.ts'
import type { ReplicaMetrics, Supervisor } from './supervisor.ts'

/** What a serve is told about roles that scale by themselves. */
export interface AutoscaleOptions {
  /** Between how many replicas which role is kept. */
  ranges: ReadonlyMap<string, Range>
  /** What decides about the work of a replica. */
  work: WorkOptions
  /** Milliseconds that work may wait. */
  wait: number
  /** Milliseconds for which fewer must have been enough before some go. */
  cooldown: number
}

/** Changes how many replicas there are: by hand, or by itself. */
export interface Scaling {
  /** The number stands until bounds are set again. @throws AgentctlError as `Supervisor.scale` */
  byHand(role: string, replicas: number): Promise<void>
  /** @throws AgentctlError AUTOSCALE_INVALID, SERVE_TARGET_UNKNOWN */
  between(role: string, range: Range): Promise<void>
  /**
   * Scales something by itself that is run besides the plan, such as the workers of a feature. Repeated with the same bounds it
   * changes nothing, also where somebody has scaled it by hand since.
   * @throws AgentctlError AUTOSCALE_INVALID
   */
  add(part: Part, range: Range): Promise<void>
  /** It is no longer run. */
  remove(name: string): void
  /** Begins with the bounds that were given at the start. */
  begin(): Promise<void>
  status(): AutoscaleStatus[]
  /** What it measures of itself; nothing where nothing has ever been scaled by itself. */
  metrics(): Promise<ReplicaMetrics[]>
  /** Ends what goes on by itself. */
  close(): Promise<void>
}

export interface ScalingOptions {
  supervisor: Pick<Supervisor, 'scale' | 'snapshot'>
  plan: Plan
  parts: readonly Part[]
  redisUrl: string
  /** Left out, nothing can be scaled by itself. */
  autoscale?: AutoscaleOptions
  log: Logger
}

export function createScaling({ supervisor, plan, autoscale, log, ...rest }: ScalingOptions): Scaling {
  const { parts, redisUrl } = rest
  const added = new Map<string, { part: Part; range: Range }>()
  let opening: Promise<OpenAutoscaler> | undefined
  let autoscaler: OpenAutoscaler | undefined

  function open(): Promise<OpenAutoscaler> {
    if (!autoscale) throw supervisorError('SERVE_TARGET_UNKNOWN', 'nothing here can be scaled by itself')
    const { wait, cooldown, work } = autoscale
    const crew = { fleet: (role: string) => fleetOf(supervisor, role), scale: supervisor.scale }
    const partOf = (name: string) => added.get(name)?.part ?? parts.find((part) => part.name === name)
    opening ??= openAutoscaler({ redisUrl, crew, partOf, work, wait, cooldown, log })
    return opening
  }

  async function between(role: string, range: Range): Promise<void> {
    autoscaler = await open()
    if (!plan.has(role) && !added.has(role))
      throw supervisorError('SERVE_TARGET_UNKNOWN', `"${role}" is not run by this serve`)
    autoscaler.set(role, range)
  }

  return {
    byHand(role, replicas) {
      autoscaler?.release(role)
      return supervisor.scale(role, replicas)
    },
    between,
    async add(part, range) {
      const known = added.get(part.name)?.range
      if (known?.min === range.min && known.max === range.max) return
      added.set(part.name, { part, range })
      await between(part.name, range)
    },
    remove(name) {
      added.delete(name)
      autoscaler?.forget(name)
    },
    async begin() {
      for (const [role, range] of autoscale?.ranges ?? []) await between(role, range)
    },
    status: () => autoscaler?.status() ?? [],
    async metrics() {
      return autoscaler ? [{ replica: 'serve', role: 'serve', text: await autoscaler.metrics() }] : []
    },
    close: async () => autoscaler?.close(),
  }
}

function fleetOf(supervisor: Pick<Supervisor, 'snapshot'>, role: string): Fleet {
  const states = supervisor.snapshot().flatMap((replica) => (replica.role === role ? [replica.state] : []))
  return {
    wanted: states.length,
    ready: states.filter((state) => state === 'ready').length,
    crashing: states.some((state) => state === 'crashloop' || state === 'failed'),
  }
}

/**
 * The plan with as many replicas as their bounds allow.
 * @throws AgentctlError SERVE_ROLES_INVALID
 */
export function planWithin(plan: Plan, ranges: ReadonlyMap<string, Range> = new Map()): Plan {
  const bounded = new Map(plan)
  for (const [role, { min, max }] of ranges) {
    const count = plan.get(role)
    if (count === undefined) {
      throw supervisorError('SERVE_ROLES_INVALID', `${role} is to scale by itself, but is not run`, {
        field: 'autoscale',
        fix: `Name it among the roles as well: --roles …,${role}=${min}`,
      })
    }
    bounded.set(role, Math.min(max, Math.max(min, count)))
  }
  return bounded
}
