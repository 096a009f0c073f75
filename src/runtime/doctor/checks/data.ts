import { shellWord } from '../../kernel/index.ts'
import { type Check, fail, ok, type Remark, warn } from '../check.ts'
import { LOCKED_TYPES, lookThrough, type Sighting } from '../keyspace.ts'
import { aimed } from '../redis-cli.ts'

/** Names that are given as examples at most. */
const EXAMPLES = 3

export const keys: Check = {
  name: 'keys',
  area: 'data',
  title: 'the keys',
  needsRedis: true,
  async run({ redis, redisUrl }) {
    if (!redis) return []
    const { looked, total, sightings } = await lookThrough(redis)
    return aimed(judgeKeys(sightings, looked, total), redisUrl)
  },
}

/** What is wrong with keys of ours: they are of another type, or stay for ever. */
export function judgeKeys(sightings: readonly Sighting[], looked: number, total: number): Remark[] {
  const wrong = sightings.filter(({ wanted, type }) => type !== wanted)
  const eternal = sightings.filter(
    ({ wanted, type, expires, ttl }) => type === wanted && expires && ttl === -1,
  )
  const remarks: Remark[] = []
  for (const type of LOCKED_TYPES) {
    const some = wrong.filter(({ wanted }) => wanted === type)
    const [first] = some
    if (first === undefined) continue
    remarks.push(
      fail(
        `${count(some.length, 'key')} of ours should be a ${type}, and ${some.length === 1 ? 'is' : 'are'} not: ${names(some)} (${first.type})`,
        'Another program uses the same name; commands on it fail with WRONGTYPE.',
        `Give one of the two another database or another Redis; \`redis-cli TYPE ${shellWord(first.key)}\``,
      ),
    )
  }
  if (eternal.length > 0)
    remarks.push(
      warn(
        `${count(eternal.length, 'key')} that should expire never ${eternal.length === 1 ? 'does' : 'do'}: ${names(eternal)}`,
        'Redis fills up with what nobody needs.',
        `\`redis-cli EXPIRE ${shellWord(eternal[0]?.key ?? '')} 3600\`; if there are ever more, report it`,
      ),
    )
  if (remarks.length > 0) return remarks
  return [
    ok(
      looked < total
        ? `Nothing wrong with ${looked} of ${total} keys; the others were not looked at`
        : `Nothing wrong with ${count(total, 'key')}`,
    ),
  ]
}

function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? '' : 's'}`
}

function names(some: readonly Sighting[]): string {
  const shown = some.slice(0, EXAMPLES).map(({ key }) => key)
  return [...shown, ...(some.length > EXAMPLES ? ['…'] : [])].join(', ')
}
