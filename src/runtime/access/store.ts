import type { RedisClient } from '../platform/redis/index.ts'
import { digestOf, isKeyId, newApiKey, writeApiKey } from './api-key.ts'
import { accessError } from './errors.ts'
import { CHANGES_CHANNEL, KEYS, recordKey, USED } from './keys.ts'
import { type AccessRecord, accessRecord, fieldsOf } from './record.ts'
import type { Scope } from './scopes.ts'

/** What somebody wants of a new key. */
export interface NewKey {
  name: string
  scopes: readonly Scope[]
  /** Milliseconds for which it is valid; for ever without. */
  ttl?: number | undefined
  rate?: number | undefined
  burst?: number | undefined
  concurrent?: number | undefined
}

export interface ListedKey extends AccessRecord {
  /** When it was last used, to a minute; undefined if never. */
  used?: number
}

/** API keys in Redis. */
export interface KeyStore {
  /** @returns the key itself, which nobody can tell again, and what is kept of it */
  create(wanted: NewKey): Promise<{ key: string; record: AccessRecord }>
  /** The oldest first. */
  list(): Promise<ListedKey[]>
  find(id: string): Promise<AccessRecord | undefined>
  /**
   * Ends a key everywhere, within two seconds. One that is revoked already stays as it is.
   * @throws AgentctlError ACCESS_KEY_UNKNOWN
   */
  revoke(id: string): Promise<AccessRecord>
  noteUse(id: string): Promise<void>
}

/** Milliseconds for which a revoked key is still listed, so that whoever looks sees what happened. */
const REMEMBERED = 30 * 86_400_000

export function createKeyStore(redis: RedisClient, now: () => number = Date.now): KeyStore {
  async function find(id: string): Promise<AccessRecord | undefined> {
    const fields = await redis.hgetall(recordKey(id))
    return fields.digest === undefined ? undefined : accessRecord.parse(fields)
  }

  return {
    find,
    async create({ name, scopes, ttl, ...limits }) {
      const key = newApiKey()
      const created = now()
      const record: AccessRecord = {
        ...{ id: key.id, name, digest: digestOf(key.secret), scopes: [...new Set(scopes)], created },
        ...limits,
        ...(ttl === undefined ? {} : { expires: created + ttl }),
      }
      await redis.multi().hset(recordKey(key.id), fieldsOf(record)).zadd(KEYS, created, key.id).exec()
      await redis.publish(CHANGES_CHANNEL, `created:${key.id}`)
      return { key: writeApiKey(key), record }
    },
    async list() {
      const ids = await redis.zrange(KEYS, '0', '-1')
      const [used, records] = await Promise.all([redis.hgetall(USED), Promise.all(ids.map(find))])
      await forget(
        redis,
        ids.filter((_, i) => records[i] === undefined),
      )
      return records
        .filter((record) => record !== undefined)
        .map((record) => ({ ...record, ...(used[record.id] ? { used: Number(used[record.id]) } : {}) }))
    },
    async revoke(id) {
      const record = isKeyId(id) ? await find(id) : undefined
      if (record === undefined) throw accessError('ACCESS_KEY_UNKNOWN', `no key has the id "${shown(id)}"`)
      const revoked = record.revoked ?? now()
      if (record.revoked === undefined)
        await redis.multi().hset(recordKey(id), { revoked }).pexpire(recordKey(id), REMEMBERED).exec()
      await redis.publish(CHANGES_CHANNEL, `revoked:${id}`)
      return { ...record, revoked }
    },
    async noteUse(id) {
      await redis.hset(USED, id, String(now()))
    },
  }
}

/** Of revoked keys whose time is over nothing is left but the id. */
async function forget(redis: RedisClient, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await redis
    .multi()
    .zrem(KEYS, ...ids)
    .hdel(USED, ...ids)
    .exec()
}

/** Somebody may give the whole key in place of its id: that must not be told. */
function shown(id: string): string {
  return /^ak_/.test(id) ? `${id.slice(0, 13)}…` : id.slice(0, 40)
}
