import type { FeatureActivity } from '../chat/index.ts'
import { AgentctlError, type Logger, messageOf } from '../kernel/index.ts'
import type { FeatureBackend } from './backend.ts'
import { decide, type Step, type Use } from './decide.ts'
import type { Term } from './election/term.ts'
import type { FeatureRecord } from './feature.ts'
import type { FeatureStore } from './store.ts'

export interface ReconcileOptions {
  store: FeatureStore
  backend: FeatureBackend
  activity: FeatureActivity
  term: Term
  /** Milliseconds after which a feature is looked at again when nothing has happened. */
  resync: number
  /** Milliseconds since 1970. */
  now: () => number
  /** Told what has been done. */
  onStep(feature: string, step: Step): void
  log: Logger
}

/** Milliseconds after which what is not finished is looked at again. */
const SOON = 2_000
const AT_ONCE = 0

/**
 * Looks at one feature and brings it nearer to what is wanted. Decides by what is there now alone, so that it may be called at
 * any time, after any failure, and by any leader.
 * @returns milliseconds after which to look again; undefined when there is nothing to look at
 */
export function createReconcile(options: ReconcileOptions): (feature: string) => Promise<number | undefined> {
  const { store, backend, activity, term, resync, now, onStep, log } = options

  async function lookUpUse(feature: string): Promise<Use | undefined> {
    const last = await activity.last(feature)
    if (last === undefined) await activity.watch(feature)
    const { waiting, running } = await activity.load(feature)
    return { last: last ?? now(), jobs: waiting + running }
  }

  async function act(feature: string, wanted: FeatureRecord | undefined, step: Step) {
    switch (step.act) {
      case 'rest':
        return undefined
      case 'adopt':
        log.warn(
          { feature },
          'workers were found that nobody has asked for: they are kept until they are idle',
        )
        await store.put(feature, step.settings)
        return AT_ONCE
      case 'expire':
        log.info(
          { feature, idle_s: Math.round(step.idleFor / 1_000) },
          'nobody uses the feature: its workers go',
        )
        await store.markDeleted(feature, wanted?.revision)
        return AT_ONCE
      case 'remove':
        return remove(feature, wanted)
      case 'apply':
        return apply(feature, wanted as FeatureRecord, step)
    }
  }

  async function remove(feature: string, wanted: FeatureRecord | undefined) {
    if (!(await backend.remove(feature, term))) return SOON
    if (wanted) await store.forget(wanted)
    await activity.forget(feature)
    log.info({ feature }, 'the workers of the feature are gone')
    return undefined
  }

  async function apply(
    feature: string,
    { revision, min }: FeatureRecord,
    { settings, idleIn }: Extract<Step, { act: 'apply' }>,
  ) {
    const { replicas, ready, problem } = await backend.apply(feature, settings, term)
    const trouble = problem === undefined ? {} : { problem }
    await store.report(feature, { revision, replicas, ready, ...trouble, at: now() })
    // Where it is known why there are too few, only a change helps, and changes are told.
    if (ready < min && problem === undefined) return SOON
    // It may be time already, and its jobs still run or its workers start: that is no reason not to rest.
    return Math.min(resync, Math.max(SOON, idleIn))
  }

  return async (feature) => {
    term.check()
    const wanted = await store.get(feature)
    const found = await backend.get(feature, term.signal)
    const use = wanted && !wanted.deleted ? await lookUpUse(feature) : undefined
    const step = decide({ wanted, found, use, now: now() })
    term.check()
    try {
      const again = await act(feature, wanted, step)
      onStep(feature, step)
      return again
    } catch (error) {
      if (wanted && !term.signal.aborted) await reportProblem(wanted, found, error)
      throw error
    }
  }

  async function reportProblem(
    { feature, revision }: FeatureRecord,
    found: { replicas: number; ready: number } | undefined,
    error: unknown,
  ): Promise<void> {
    const { replicas = 0, ready = 0 } = found ?? {}
    const problem = error instanceof AgentctlError ? `${error.message} (${error.code})` : messageOf(error)
    await store.report(feature, { revision, replicas, ready, problem, at: now() }).catch(() => {})
  }
}
