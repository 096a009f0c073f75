import { accessError, createKeyStore, isScope, SCOPES, type Scope } from '../../runtime/access/index.ts'
import { redisOnly } from '../streams/stream-flags.ts'
import { withRedis } from '../with-redis.ts'
import { type KeyRow, toRow } from './key-rows.ts'

interface Wanted {
  scope: readonly string[]
  expires?: number | undefined
  rate?: number | undefined
  burst?: number | undefined
  concurrent?: number | undefined
}

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@/:-]{0,99}$/u

/**
 * Makes a key. It is in the answer, and can never be told again.
 * @throws AgentctlError ACCESS_OPTION_INVALID
 */
export async function createKey(
  name: string,
  flags: Wanted & Record<string, unknown>,
): Promise<{ key: string } & KeyRow> {
  const { rate, burst, concurrent, expires } = flags
  if (!NAME.test(name))
    throw invalid('name', `"${name}" is no name: letters, digits, spaces and . _ @ / : - are, up to 100`)
  if (burst !== undefined && rate === undefined) throw invalid('burst', '--burst is given without --rate')
  if (expires === 0) throw invalid('expires', 'a key that is never valid is of no use')
  const wanted = { name, scopes: scopesOf(flags.scope), rate, burst, concurrent, ttl: expires }
  return withRedis(redisOnly, flags, async (redis) => {
    const { key, record } = await createKeyStore(redis).create(wanted)
    return { key, ...toRow(record, Date.now()) }
  })
}

function scopesOf(texts: readonly string[]): Scope[] {
  const names = texts.map((text) => text.trim()).filter((text) => text !== '')
  const unknown = names.find((name) => !isScope(name))
  if (unknown !== undefined)
    throw invalid('scope', `"${unknown}" is no scope: there are ${SCOPES.join(', ')}`)
  if (names.length === 0) throw invalid('scope', `no scope is named: there are ${SCOPES.join(', ')}`)
  return names.filter(isScope)
}

const invalid = (field: string, why: string) => accessError('ACCESS_OPTION_INVALID', why, { field })
