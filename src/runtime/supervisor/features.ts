import type { z } from 'zod'
import { type Logger, messageOf } from '../kernel/index.ts'
import type { featureRemoval, featureRequest, ServedFeature } from '../orchestrator/index.ts'
import type { Part } from '../parts.ts'
import { supervisorError } from './errors.ts'
import type { Scaling } from './scaling.ts'
import type { RoleSpec, Supervisor } from './supervisor.ts'

export interface ServedFeaturesOptions {
  supervisor: Pick<Supervisor, 'define' | 'withdraw' | 'scale' | 'snapshot'>
  /** How the replicas of a part are started that the plan does not name. */
  specOf(part: Part): RoleSpec
  /** What chooses among the numbers that are right. */
  scaling: Pick<Scaling, 'add' | 'remove'>
  log: Logger
}

/** The features that have workers of their own here, as an orchestrator wishes. */
export interface ServedFeatures {
  all(): ServedFeature[]
  /**
   * Starts and stops nothing before it returns: what is there then comes near to what is wanted by itself.
   * @throws AgentctlError SERVE_FENCED
   */
  put(request: z.output<typeof featureRequest>): ServedFeature
  /** @returns whether nothing of it is left @throws AgentctlError SERVE_FENCED */
  remove(request: z.output<typeof featureRemoval>): { gone: boolean }
  /** Calls `listener` for each change of a feature's workers, until the returned function is called. */
  follow(listener: (feature: string) => void): () => void
  /** To be called when something has changed anywhere. */
  look(): void
}

interface Served {
  settings: ServedFeature['settings']
  removing: boolean
  /** What was told last. */
  told: string
}

/** Names of replicas are written with a "/", too, and end up in logs and file names: only what is plain stands as it is. */
const roleOf = (feature: string) => `worker@${encodeURIComponent(feature)}`
const partOf = (feature: string): Part => ({
  name: roleOf(feature),
  role: 'worker',
  args: [`--feature=${feature}`],
})

export function createServedFeatures({
  supervisor,
  specOf,
  scaling,
  log,
}: ServedFeaturesOptions): ServedFeatures {
  const served = new Map<string, Served>()
  const listeners = new Set<(feature: string) => void>()
  let highest = 0

  /** Of two that think they lead, the later one does. */
  function checkFence(fence: number): void {
    if (fence < highest)
      throw supervisorError('SERVE_FENCED', `another orchestrator leads since: ${fence} is below ${highest}`)
    highest = fence
  }

  function view(feature: string, { settings }: Served): ServedFeature {
    const replicas = supervisor.snapshot().filter(({ role }) => role === roleOf(feature))
    const failed = replicas.find(({ failure }) => failure !== null)?.failure
    const looping = replicas.find(({ state }) => state === 'crashloop')
    const problem = failed?.detail ?? (looping && `${looping.name} keeps crashing: see \`agentctl logs\``)
    return {
      ...{ feature, settings, replicas: replicas.length },
      ready: replicas.filter(({ state }) => state === 'ready').length,
      ...(problem === undefined ? {} : { problem }),
    }
  }

  function tell(feature: string): void {
    for (const listener of listeners) listener(feature)
  }

  /** Between min and max any number is right: the work decides which. */
  function bringNear(feature: string, { min, max }: Served['settings'], present: number): void {
    const count = Math.min(max, Math.max(min, present))
    const part = partOf(feature)
    scaling
      .add(part, { min, max })
      .catch((error) =>
        log.warn({ feature, reason: messageOf(error) }, 'the feature does not scale by itself'),
      )
    if (count === present) return
    supervisor
      .scale(part.name, count)
      .catch((error) =>
        log.warn({ feature, reason: messageOf(error) }, 'a worker of the feature cannot start'),
      )
  }

  async function dismiss(feature: string): Promise<void> {
    scaling.remove(roleOf(feature))
    await supervisor.withdraw(roleOf(feature))
    served.delete(feature)
    tell(feature)
  }

  return {
    all: () => [...served].map(([feature, one]) => view(feature, one)),
    put({ feature, settings, fence }) {
      checkFence(fence)
      const known = served.get(feature)
      // What is leaving leaves first: the orchestrator asks again.
      if (known?.removing) return view(feature, known)
      const one = { ...(known ?? { removing: false, told: '' }), settings }
      served.set(feature, one)
      supervisor.define(specOf(partOf(feature)))
      bringNear(feature, settings, view(feature, one).replicas)
      return view(feature, one)
    },
    remove({ feature, fence }) {
      checkFence(fence)
      const known = served.get(feature)
      if (known === undefined) return { gone: true }
      if (!known.removing) {
        known.removing = true
        dismiss(feature).catch((error) => {
          known.removing = false // the orchestrator asks again
          log.error({ err: error, feature }, 'its workers could not be stopped')
        })
      }
      return { gone: false }
    },
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    look() {
      for (const [feature, one] of served) {
        const { replicas, ready, problem } = view(feature, one)
        const told = JSON.stringify([replicas, ready, problem])
        if (told === one.told) continue
        one.told = told
        tell(feature)
      }
    },
  }
}
