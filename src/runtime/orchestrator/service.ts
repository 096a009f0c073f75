import { setTimeout as pause } from 'node:timers/promises'
import type { z } from 'zod'
import type { FeatureActivity } from '../chat/index.ts'
import { FatalError, messageOf } from '../kernel/index.ts'
import { idleTime } from './decide.ts'
import { type FeatureRecord, type FeatureSettings, type FeatureView, viewOf } from './feature.ts'
import { cleanupMessage, createMessage, deleteMessage, listMessage, readMessage } from './messages.ts'
import type { FeatureStore } from './store.ts'

/** What can be asked of an orchestrator. Whoever leads does what is wished for; here it is written down, and waited for. */
export interface OrchestratorService {
  /**
   * What is not given stays as it is, or is as usual for a feature that is new.
   * @param signal once it is aborted nobody waits any more
   * @returns the feature, ready unless that takes longer than was to be waited for
   */
  create(message: unknown, signal: AbortSignal): Promise<FeatureView>
  delete(message: unknown, signal: AbortSignal): Promise<{ feature_id: string; deleted: boolean }>
  /** Deletes what nobody uses. */
  cleanup(message: unknown): Promise<Cleanup>
  list(message: unknown): Promise<{ features: FeatureView[] }>
}

export interface Cleanup {
  deleted: string[]
  kept: { feature_id: string; idle_s: number; jobs: number }[]
}

export interface ServiceOptions {
  store: FeatureStore
  activity: FeatureActivity
  defaults: FeatureSettings
  now?: () => number
}

/** Milliseconds between two looks at whether it has been done. */
const LOOK = 150
/** Seconds for which a reply waits when nothing is said. */
const WAIT = 20

export function createOrchestratorService(options: ServiceOptions): OrchestratorService {
  const { store, activity, defaults, now = Date.now } = options

  const view = async (record: FeatureRecord) =>
    viewOf(record, await store.reportOn(record.feature), await activity.last(record.feature))

  /** Until it is so, or the time is up. */
  async function waitFor<T>(
    seconds: number,
    signal: AbortSignal,
    look: () => Promise<{ done: boolean; value: T }>,
  ): Promise<T> {
    const end = performance.now() + seconds * 1_000
    for (;;) {
      const { done, value } = await look()
      if (done || performance.now() >= end || signal.aborted) return value
      await pause(LOOK, undefined, { signal }).catch(() => {})
    }
  }

  return {
    async create(message, signal) {
      const { feature_id, min, max, idle_timeout_s, wait_s = WAIT } = read(createMessage, message)
      const given = { min, max, idle_timeout_s }
      const record = await store.put(feature_id, (present = defaults) => settingsFrom(given, present))
      await activity.watch(feature_id)
      return waitFor(wait_s, signal, async () => {
        const present = (await store.get(feature_id)) ?? record
        const value = await view(present)
        return { done: value.state === 'ready', value }
      })
    },
    async delete(message, signal) {
      const { feature_id, wait_s = WAIT } = read(deleteMessage, message)
      const record = await store.markDeleted(feature_id)
      if (record === undefined) return { feature_id, deleted: true }
      return waitFor(wait_s, signal, async () => {
        const left = await store.get(feature_id)
        const deleted = left?.revision !== record.revision
        return { done: deleted, value: { feature_id, deleted } }
      })
    },
    async cleanup(message) {
      const { feature_id, idle_s } = read(cleanupMessage, message)
      const records = (await store.all()).filter(({ feature }) => (feature_id ?? feature) === feature)
      const result: Cleanup = { deleted: [], kept: [] }
      for (const record of records.filter(({ deleted }) => !deleted)) {
        const { feature, revision, idleTimeout } = record
        const { waiting, running } = await activity.load(feature)
        const use = { last: (await activity.last(feature)) ?? now(), jobs: waiting + running }
        const idle = idleTime(record, use, now())
        const limit = idle_s === undefined ? idleTimeout : idle_s * 1_000
        if (use.jobs === 0 && idle >= limit && (await store.markDeleted(feature, revision)))
          result.deleted.push(feature)
        else result.kept.push({ feature_id: feature, idle_s: Math.floor(idle / 1_000), jobs: use.jobs })
      }
      return result
    },
    async list(message) {
      const { feature_id } = read(listMessage, message)
      const shown = (await store.all()).filter(({ feature }) => (feature_id ?? feature) === feature)
      const features = await Promise.all(shown.map(view))
      return { features: features.sort((a, b) => a.feature_id.localeCompare(b.feature_id)) }
    },
  }
}

/** What is given goes before what there is; where they contradict each other the latter yields. */
function settingsFrom(
  given: { min?: number | undefined; max?: number | undefined; idle_timeout_s?: number | undefined },
  present: FeatureSettings,
): FeatureSettings {
  const min = given.min ?? Math.min(present.min, given.max ?? present.min)
  const max = given.max ?? Math.max(present.max, min)
  const { idle_timeout_s: idle } = given
  return { min, max, idleTimeout: idle === undefined ? present.idleTimeout : Math.round(idle * 1_000) }
}

/** A message that is wrong is wrong every time: it is not to be delivered again. */
function read<S extends z.ZodType>(schema: S, message: unknown): z.output<S> {
  try {
    return readMessage(schema, message)
  } catch (cause) {
    throw new FatalError(messageOf(cause), { cause })
  }
}
