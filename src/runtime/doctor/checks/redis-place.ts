import { type Check, type DoctorContext, fail, info, ok, type Remark, warn } from '../check.ts'
import { type RedisNode, whose } from '../nodes.ts'
import { ofNodes } from './redis-server.ts'

export const replication = ofNodes('redis-replication', 'the replicas of Redis', judgeReplication)

export function judgeReplication(node: RedisNode): Remark[] {
  const { info: facts } = node
  if (facts.role === 'slave')
    return [
      fail(
        `Redis${whose(node)} is a replica of ${facts.master_host}:${facts.master_port}`,
        'It refuses writes.',
        'Point REDIS_URL at the primary, or at Sentinel: redis+sentinel://HOST:26379/NAME',
      ),
    ]
  const replicas = Object.entries(facts).filter(([key]) => /^slave\d+$/.test(key))
  const down = replicas.filter(([, value]) => !value.includes('state=online'))
  if (down.length > 0)
    return [
      warn(
        `${down.length} of ${replicas.length} replicas of Redis${whose(node)} are not in step`,
        'If the primary is lost now, so is what they do not have.',
        '`redis-cli INFO replication`, and look at the log of the replica',
      ),
    ]
  if (replicas.length > 0) return [ok(`Redis${whose(node)} has ${replicas.length} replicas, all in step`)]
  return [
    info(
      `Redis${whose(node)} has no replica`,
      'If its machine is lost, so is its data; publishing that waits for replicas cannot succeed.',
      'For more than one machine, use Sentinel or a cluster',
    ),
  ]
}

export const cluster: Check = {
  name: 'redis-cluster',
  area: 'redis',
  title: 'the cluster',
  needsRedis: true,
  async run({ redis }) {
    if (!redis?.isCluster) return []
    return [judgeCluster(String(await redis.cluster('INFO')))]
  },
}

export function judgeCluster(text: string): Remark {
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(text)?.[1]
  const size = `${field('cluster_size')} primaries, ${field('cluster_known_nodes')} servers`
  if (field('cluster_state') === 'ok' && field('cluster_slots_fail') === '0')
    return ok(`The cluster is well: ${size}`)
  return fail(
    `The cluster is not well: ${field('cluster_slots_ok')} of 16384 slots are served (${size})`,
    'Keys of the other slots can neither be read nor written.',
    '`redis-cli --cluster check HOST:PORT`, then `redis-cli --cluster fix HOST:PORT`',
  )
}

export const clock: Check = {
  name: 'redis-clock',
  area: 'redis',
  title: 'the clocks',
  needsRedis: true,
  run: async (context) => [judgeClock(await measureSkew(context))],
}

/** Milliseconds that the clock of Redis is ahead of ours, give or take half of the round trip. */
async function measureSkew({ redis, now }: DoctorContext): Promise<{ ahead: number; doubt: number }> {
  const before = now()
  const [seconds, micros] = ((await redis?.time()) ?? [0, 0]).map(Number)
  const after = now()
  const theirs = (seconds ?? 0) * 1_000 + (micros ?? 0) / 1_000
  return { ahead: theirs - (before + after) / 2, doubt: (after - before) / 2 }
}

export function judgeClock({ ahead, doubt }: { ahead: number; doubt: number }): Remark {
  const skew = Math.max(0, Math.abs(ahead) - doubt)
  if (skew < 1_000) return ok('The clocks of Redis and of this machine agree within a second')
  const what = `The clock of Redis is ${(Math.abs(ahead) / 1_000).toFixed(1)} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine's`
  const why = 'Ages, retries and `--since` are reckoned with both.'
  const fix = 'Set both by NTP: `timedatectl set-ntp true`'
  return skew >= 30_000 ? fail(what, why, fix) : warn(what, why, fix)
}
