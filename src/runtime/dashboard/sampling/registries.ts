import { askAll, type Question, type RedisClient } from '../../platform/redis/index.ts'
import type { Registry } from './families.ts'
import type { Refusals } from './refusals.ts'

/** Finds the streams that stand in a registry. Not all of them exist: of most types there are no dead letters. */
export interface Registries {
  /**
   * @param known whether a stream is known already
   * @throws Error of the driver
   */
  find(known: (stream: string) => boolean): Promise<string[]>
}

/** Milliseconds after which a registry is read again although it has as many members as before. */
const AGAIN = 10_000
const PAGE = 1_000
/** Members read of one registry; what is beyond is found by the scan. */
const MOST = 10_000
/** Streams that are not there yet: asked after in one step at least and at most, and in the first one. */
const FEWEST_LOOKS = 50
const MOST_LOOKS = 200
const FIRST_LOOKS = 2_000
/** Steps in which all of them have been asked after, unless they are too many. */
const STEPS = 5

interface Contents {
  size: number
  readAt: number
  streams: ReadonlySet<string>
}

export function createRegistries(
  redis: RedisClient,
  registries: readonly Registry[],
  refusals: Refusals,
  monotonic: () => number,
): Registries {
  const contents = new Map<Registry, Contents>()
  let waiting: string[] = []
  /** How many were waiting when they were last gone through from the beginning. */
  let missing = 0
  let first = true

  async function refresh(registry: Registry, size: number): Promise<void> {
    const before = contents.get(registry)
    if (before && before.size === size && monotonic() - before.readAt < AGAIN) return
    const members = size === 0 ? [] : await membersOf(registry)
    if (members === undefined) return
    const streams = new Set(members.flatMap((member) => registry.streamsOf(member)))
    contents.set(registry, { size, readAt: monotonic(), streams })
  }

  async function membersOf({ key }: Registry): Promise<string[] | undefined> {
    try {
      return await readMembers(redis, key)
    } catch (error) {
      if (refusals.note('registry', error as Error)) return undefined
      throw error
    }
  }

  /** Those that are not known, in turn. */
  function next(known: (stream: string) => boolean): string[] {
    if (waiting.length === 0) {
      const all = [...contents.values()].flatMap(({ streams }) => [...streams])
      waiting = all.filter((stream) => !known(stream)).reverse()
      missing = waiting.length
    }
    const most = first
      ? FIRST_LOOKS
      : Math.min(MOST_LOOKS, Math.max(FEWEST_LOOKS, Math.ceil(missing / STEPS)))
    first = false
    const chosen: string[] = []
    while (chosen.length < most && waiting.length > 0) {
      const stream = waiting.pop() as string
      if (!known(stream)) chosen.push(stream)
    }
    return chosen
  }

  async function ask(part: 'registry' | 'type', questions: readonly Question[]): Promise<unknown[]> {
    if (questions.length === 0 || !refusals.allows(part)) return []
    const answers = await askAll(redis, questions)
    for (const { error } of answers) if (error) refusals.note(part, error)
    return answers.map((answer) => (answer.error ? undefined : answer.value))
  }

  return {
    async find(known) {
      const sizes = await ask(
        'registry',
        registries.map(({ key }) => ({ key, words: ['SCARD', key] })),
      )
      for (const [i, size] of sizes.entries()) {
        if (typeof size === 'number') await refresh(registries[i] as Registry, size)
      }
      const streams = next(known)
      const types = await ask(
        'type',
        streams.map((key) => ({ key, words: ['TYPE', key] })),
      )
      return streams.filter((_, i) => types[i] === 'stream')
    },
  }
}

/** A large set is read in pages, so that the server is never held up for long. */
async function readMembers(redis: RedisClient, key: string): Promise<string[]> {
  const members: string[] = []
  let cursor = '0'
  do {
    const [next, page] = await redis.sscan(key, cursor, 'COUNT', PAGE)
    members.push(...page)
    cursor = next
  } while (cursor !== '0' && members.length < MOST)
  return members
}
