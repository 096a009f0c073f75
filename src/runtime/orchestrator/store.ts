import { randomUUID } from 'node:crypto'
import { loadScript, type RedisClient } from '../platform/redis/index.ts'
import type { FeatureRecord, FeatureReport, FeatureSettings } from './feature.ts'
import { CHANGES, FEATURES_KEY, REPORTS_KEY } from './keys.ts'

export type SettingsChange = (present: FeatureSettings | undefined) => FeatureSettings

/** What is wanted, and what was found, in Redis. */
export interface FeatureStore {
  get(feature: string): Promise<FeatureRecord | undefined>
  all(): Promise<FeatureRecord[]>
  /**
   * Wishes for workers; a repeat of the same wish changes nothing.
   * @param settings or what makes them of those that are wanted at present, if any are
   */
  put(feature: string, settings: FeatureSettings | SettingsChange): Promise<FeatureRecord>
  /**
   * Wishes them away.
   * @param revision only if that is still what is wanted
   * @returns undefined when there is no such feature, or it is not at that revision
   */
  markDeleted(feature: string, revision?: string): Promise<FeatureRecord | undefined>
  /** Forgets a feature that is gone, unless somebody has wished for it again. */
  forget(record: FeatureRecord): Promise<void>
  report(feature: string, report: FeatureReport): Promise<void>
  reportOn(feature: string): Promise<FeatureReport | undefined>
}

const change = loadScript(import.meta.url, 'change', 1)

export function createFeatureStore(redis: RedisClient, now: () => number = Date.now): FeatureStore {
  const read = async (feature: string) => (await redis.hget(FEATURES_KEY, feature)) ?? ''

  /** Until nobody else has changed it meanwhile. */
  async function update(
    feature: string,
    decide: (old: FeatureRecord | undefined) => FeatureRecord | 'forget' | undefined,
  ): Promise<FeatureRecord | undefined> {
    for (;;) {
      const text = await read(feature)
      const old = text === '' ? undefined : parse<FeatureRecord>(text)
      const next = decide(old)
      if (next === undefined) return undefined
      if (next === old) return old
      const written = next === 'forget' ? '' : JSON.stringify(next)
      if ((await change(redis, [FEATURES_KEY], [feature, text, written])) !== 1) continue
      await redis.publish(CHANGES, feature)
      return next === 'forget' ? undefined : next
    }
  }

  return {
    async get(feature) {
      const text = await read(feature)
      return text === '' ? undefined : parse<FeatureRecord>(text)
    },
    async all() {
      return (await redis.hvals(FEATURES_KEY)).map(parse<FeatureRecord>)
    },
    async put(feature, wanted) {
      const put = await update(feature, (old) => {
        const present = old?.deleted ? undefined : old
        const { min, max, idleTimeout } = typeof wanted === 'function' ? wanted(present) : wanted
        const settings = { min, max, idleTimeout }
        if (present && isSame(present, settings)) return present
        return { feature, ...settings, revision: randomUUID(), created: now(), deleted: false }
      })
      return put as FeatureRecord
    },
    markDeleted: (feature, revision) =>
      update(feature, (old) => {
        if (old === undefined || (revision !== undefined && old.revision !== revision)) return undefined
        return old.deleted ? old : { ...old, revision: randomUUID(), deleted: true }
      }),
    async forget({ feature, revision }) {
      await redis.hdel(REPORTS_KEY, feature)
      await update(feature, (old) => (old?.revision === revision ? 'forget' : undefined))
    },
    async report(feature, report) {
      await redis.hset(REPORTS_KEY, feature, JSON.stringify(report))
    },
    async reportOn(feature) {
      const text = await redis.hget(REPORTS_KEY, feature)
      return text === null ? undefined : parse<FeatureReport>(text)
    },
  }
}

function isSame(a: FeatureSettings, b: FeatureSettings): boolean {
  return a.min === b.min && a.max === b.max && a.idleTimeout === b.idleTimeout
}

/** Only we write there. */
function parse<T>(text: string): T {
  return JSON.parse(text) as T
}
