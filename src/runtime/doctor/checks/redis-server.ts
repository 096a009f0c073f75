import { type Check, fail, info, ok, type Remark, warn } from '../check.ts'
import { type RedisInfo, type RedisNode, whose } from '../nodes.ts'
import { aimed } from '../redis-cli.ts'

export const reachable: Check = {
  name: 'redis-reachable',
  area: 'redis',
  title: 'the connection to Redis',
  run: ({ redisTrouble, contextTrouble }) =>
    contextTrouble !== undefined
      ? [] // nobody knows which one is meant; the check of the contexts says so
      : redisTrouble === undefined
        ? [ok('Redis answers')]
        : [
            fail(
              `Redis cannot be reached: ${redisTrouble.what}`,
              'Nothing works without it; what is in it was not checked.',
              redisTrouble.fix,
            ),
          ],
}

/** A check of what each server says of itself. */
export function ofNodes(name: string, title: string, judge: (node: RedisNode) => readonly Remark[]): Check {
  return {
    name,
    area: 'redis',
    title,
    needsRedis: true,
    async run({ nodes, redisUrl }) {
      return (await nodes()).flatMap((node) => aimed(judge(node), redisUrl, node))
    },
  }
}

/** Scripts and streams need the first; nobody tests below the second; waiting for the disk needs the third. */
const [NEEDED, TESTED, WAITAOF] = ['6.2', '7.0', '7.2'] as const

export const version = ofNodes('redis-version', 'the version of Redis', (node) => [judgeVersion(node)])

export function judgeVersion(node: RedisNode): Remark {
  const { info: facts } = node
  const name = facts.valkey_version === undefined ? 'Redis' : 'Valkey'
  // Valkey counts on from Redis 7.2, and says so under the old name.
  const found = facts.redis_version ?? '0'
  const shown = `${name} ${facts.valkey_version ?? found}${whose(node)}`
  const fix = 'Use Redis 7.2 or newer, or Valkey; `agentctl serve` brings one along'
  if (isOlder(found, NEEDED))
    return fail(`${shown} is older than ${NEEDED}`, 'Queues and streams use commands it does not have.', fix)
  if (isOlder(found, TESTED))
    return warn(
      `${shown} is older than ${TESTED}`,
      'agentctl is not tested with it; the lag of groups has to be counted.',
      fix,
    )
  if (isOlder(found, WAITAOF))
    return info(`${shown} cannot wait for the disk`, 'Publishing with `durability: "disk"` needs 7.2.', fix)
  return ok(shown)
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number))
  const at = [0, 1].find((i) => (a?.[i] ?? 0) !== (b?.[i] ?? 0))
  return at !== undefined && (a?.[at] ?? 0) < (b?.[at] ?? 0)
}

export const durability = ofNodes('redis-durability', 'whether Redis keeps its data', judgeDurability)

export function judgeDurability(node: RedisNode): Remark[] {
  const { info: facts } = node
  const remarks: Remark[] = []
  if (facts.loading === '1')
    remarks.push(
      warn(
        `Redis${whose(node)} is loading its data`,
        'It refuses commands until it is done.',
        'Wait a moment, and look again',
      ),
    )
  if (facts.aof_enabled === '1' && facts.aof_last_write_status === 'err')
    remarks.push(
      fail(
        `Redis${whose(node)} could not write its append-only file`,
        'It refuses writes, or loses them in a crash.',
        'Look at the log of Redis and at the disk: `df -h`',
      ),
    )
  if (Number(facts.rdb_saves ?? 0) >= 0 && facts.rdb_last_bgsave_status === 'err')
    remarks.push(
      fail(
        `The last snapshot of Redis${whose(node)} failed`,
        'With stop-writes-on-bgsave-error, it refuses writes.',
        'Look at the log of Redis and at the disk; then `redis-cli BGSAVE`',
      ),
    )
  if (facts.aof_enabled === '0')
    remarks.push(
      warn(
        `Redis${whose(node)} writes no append-only file`,
        'A crash of Redis loses all jobs, events and chats since its last snapshot.',
        '`redis-cli CONFIG SET appendonly yes`, and in redis.conf; nothing is to be done where losing data is fine',
      ),
    )
  return remarks.length > 0 ? remarks : [ok(`Redis${whose(node)} writes an append-only file`)]
}

export const eviction = ofNodes('redis-eviction', 'the eviction policy of Redis', judgeEviction)

export function judgeEviction(node: RedisNode): Remark[] {
  const { info: facts } = node
  const policy = facts.maxmemory_policy ?? 'unknown'
  const evicted = Number(facts.evicted_keys ?? 0)
  const fix = '`redis-cli CONFIG SET maxmemory-policy noeviction`, and in redis.conf'
  const why =
    'Redis removes streams, jobs and what was agreed about them when memory is short, and nobody is told.'
  const remarks: Remark[] = []
  if (evicted > 0)
    remarks.push(fail(`Redis${whose(node)} has evicted ${evicted} keys`, why, `${fix}; give it more memory`))
  if (policy !== 'noeviction' && policy !== 'unknown')
    // Only with a limit is anything evicted, and a limit is set sooner or later.
    remarks.push((limitOf(facts) > 0 ? fail : warn)(`maxmemory-policy${whose(node)} is ${policy}`, why, fix))
  return remarks.length > 0 ? remarks : [ok(`maxmemory-policy${whose(node)} is ${policy}`)]
}

export function limitOf(facts: RedisInfo): number {
  return Number(facts.maxmemory ?? 0)
}
