import type { z } from 'zod'
import { type Logger, messageOf } from '../kernel/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { busError } from './errors.ts'
import { checkEventType, SCHEMAS } from './keys.ts'
import { STANDARD_SCHEMAS } from './standard-schemas.ts'
import { compileSchema, isZodType, type JsonSchema, type Validator } from './validator.ts'

export interface SchemaInfo {
  type: string
  version: string
  /** `standard`: known everywhere; `stored`: in Redis, for everybody; `local`: registered by this process. */
  origin: 'standard' | 'stored' | 'local'
  schema: JsonSchema
}

/** What the data of events must look like, by type and version. The last registered version of a type is its newest. */
export interface SchemaRegistry {
  /**
   * Registers a zod type or a JSON Schema for this process. It goes before a stored or standard one of the same version.
   * @throws AgentctlError EVENT_TYPE_INVALID, SCHEMA_INVALID
   */
  register(type: string, version: string, schema: z.ZodType | JsonSchema): void
  /**
   * Stores a schema in Redis, for all publishers and consumers; they know it within five seconds.
   * @throws AgentctlError EVENT_TYPE_INVALID, SCHEMA_INVALID
   */
  store(type: string, version: string, schema: z.ZodType | JsonSchema): Promise<void>
  /** Removes a stored schema; false when there was none. */
  remove(type: string, version: string): Promise<boolean>
  list(type?: string): Promise<SchemaInfo[]>
  /**
   * Checks data against a version, or the newest when a new event names none.
   * @returns the version it was checked against, undefined when the type or the version has no schema
   * @throws AgentctlError EVENT_DATA_INVALID naming the field
   */
  check(
    type: string,
    version: string | undefined,
    data: unknown,
    use: 'publish' | 'consume',
  ): string | undefined | Promise<string | undefined>
}

interface Known {
  version: string
  origin: SchemaInfo['origin']
  validator: Validator
}

/** Milliseconds after which stored schemas are read again. */
const FRESH = 5_000
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/

export interface SchemaRegistryOptions {
  redis: RedisClient
  log: Logger
}

export function createSchemaRegistry({ redis, log }: SchemaRegistryOptions): SchemaRegistry {
  const standard = new Map(
    Object.entries(STANDARD_SCHEMAS).map(([type, schema]) => [type, [entry(type, '1', 'standard', schema)]]),
  )
  const local = new Map<string, Known[]>()
  let stored = new Map<string, Known[]>()
  let texts = new Map<string, { text: string; known: Known }>()
  let loading: Promise<void> | undefined
  let loadedAt = Number.NEGATIVE_INFINITY
  const merged = new Map<string, Known[]>()

  /** To be waited for the first time only; later loads happen behind the back of whoever asks. */
  function refresh(): Promise<void> | undefined {
    if (performance.now() - loadedAt < FRESH) return undefined
    loading ??= load().finally(() => {
      loading = undefined
    })
    if (loadedAt === Number.NEGATIVE_INFINITY) return loading
    loading.catch((error: Error) => log.debug({ reason: error.message }, 'reading stored schemas failed'))
    return undefined
  }

  async function load(): Promise<void> {
    const all = Object.entries(await redis.hgetall(SCHEMAS))
    const newTexts: typeof texts = new Map()
    stored = new Map()
    for (const [name, text] of all) {
      const [type = '', version = ''] = name.split('@')
      const old = texts.get(name)
      const known = old?.text === text ? old.known : parse(name, type, version, text)
      if (!known) continue
      newTexts.set(name, { text, known })
      stored.set(type, [...(stored.get(type) ?? []), known])
    }
    texts = newTexts
    merged.clear()
    loadedAt = performance.now()
  }

  function parse(name: string, type: string, version: string, text: string): Known | undefined {
    try {
      return entry(type, version, 'stored', JSON.parse(text) as JsonSchema)
    } catch (error) {
      log.warn({ schema: name, reason: messageOf(error) }, 'a stored schema cannot be used')
      return undefined
    }
  }

  /** All versions of a type, oldest first; of the same version the nearest. */
  function versionsOf(type: string): Known[] {
    const known = merged.get(type) ?? merge(type)
    merged.set(type, known)
    return known
  }

  function merge(type: string): Known[] {
    const byVersion = new Map<string, Known>()
    for (const known of [standard, stored, local].flatMap((place) => place.get(type) ?? []))
      byVersion.set(known.version, known)
    return [...byVersion.values()].sort((a, b) => compareVersions(a.version, b.version))
  }

  function verify(
    type: string,
    version: string | undefined,
    data: unknown,
    use: 'publish' | 'consume',
  ): string | undefined {
    const versions = versionsOf(type)
    // Whoever names no version has written the first one, before there were more.
    const fallback = use === 'publish' ? versions.at(-1) : versions[0]
    const known =
      version === undefined ? fallback : versions.find((candidate) => candidate.version === version)
    if (!known) return version
    const problem = known.validator.validate(data)
    if (!problem) return known.version
    const what = `${problem.path} of ${type} (version ${known.version}): ${problem.message}`
    throw busError('EVENT_DATA_INVALID', what, { field: problem.path })
  }

  return {
    register(type, version, schema) {
      checkEventType(type)
      const others = (local.get(type) ?? []).filter((known) => known.version !== version)
      local.set(type, [...others, entry(type, checkVersion(version), 'local', schema)])
      merged.clear()
    },
    async store(type, version, schema) {
      checkEventType(type)
      const { validator } = entry(type, checkVersion(version), 'stored', schema)
      await redis.hset(
        SCHEMAS,
        `${type}@${version}`,
        JSON.stringify(isZodType(schema) ? validator.json : schema),
      )
      loadedAt = Number.NEGATIVE_INFINITY
    },
    async remove(type, version) {
      loadedAt = Number.NEGATIVE_INFINITY
      return (await redis.hdel(SCHEMAS, `${type}@${version}`)) > 0
    },
    async list(type) {
      await refresh()
      const types =
        type === undefined ? new Set([...standard.keys(), ...stored.keys(), ...local.keys()]) : [type]
      return [...types].sort().flatMap((name) =>
        versionsOf(name).map(({ version, origin, validator }) => ({
          type: name,
          version,
          origin,
          schema: validator.json,
        })),
      )
    },
    check(type, version, data, use) {
      const loading = refresh()
      return loading ? loading.then(() => verify(type, version, data, use)) : verify(type, version, data, use)
    },
  }
}

function entry(
  type: string,
  version: string,
  origin: Known['origin'],
  schema: z.ZodType | JsonSchema,
): Known {
  return { version, origin, validator: compileSchema(`${type}@${version}`, schema) }
}

/** @throws AgentctlError SCHEMA_INVALID */
function checkVersion(version: string): string {
  if (VERSION.test(version)) return version
  throw busError('SCHEMA_INVALID', `${JSON.stringify(version)} is no version, such as 2 or 2.1`, {
    field: 'version',
  })
}

/** 2 before 10, 1.9 before 1.10. */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
