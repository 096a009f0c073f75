import type { RedisFacts } from '../snapshot.ts'

/** What INFO says of one server, as far as it matters here. */
export interface ServerReading {
  version: string
  /** Changes when the server is started anew. */
  run: string
  memory: number
  memory_limit: number | null
  clients: number
  ops: number
  /** Seconds of processor time used so far. */
  cpu: number
  uptime_s: number
  eviction: string
  evicted: number
  aof: boolean
  /** Its clock, in milliseconds since 1970; null where it does not tell. */
  time: number | null
}

export function readInfo(text: string): ServerReading {
  const fields = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/^([^:#\r\n]+):(.*?)\r?$/gm)) fields.set(name, value)
  const number = (name: string) => Number(fields.get(name) ?? 0) || 0
  return {
    version: fields.get('redis_version') ?? 'unknown',
    run: fields.get('run_id') ?? '',
    memory: number('used_memory'),
    memory_limit: number('maxmemory') || null,
    clients: number('connected_clients'),
    ops: number('instantaneous_ops_per_sec'),
    cpu: number('used_cpu_user') + number('used_cpu_sys'),
    uptime_s: number('uptime_in_seconds'),
    eviction: fields.get('maxmemory_policy') ?? 'unknown',
    evicted: number('evicted_keys'),
    aof: fields.get('aof_enabled') === '1',
    time: number('server_time_usec') / 1_000 || null,
  }
}

/** One server at one time. */
export interface ServerLook {
  name: string
  /** Monotonic, in milliseconds. */
  at: number
  ping_ms: number
  keys: number
  /** Milliseconds by which its clock is ahead of this machine's. */
  ahead: number
  info: ServerReading
}

/** All primaries as one: sums where it makes sense, and the worst where it does not. */
export function toFacts(
  looks: readonly ServerLook[],
  before: ReadonlyMap<string, ServerLook>,
  mode: RedisFacts['mode'],
): RedisFacts {
  const infos = looks.map(({ info }) => info)
  const sum = (of: (info: ServerReading) => number) => infos.reduce((total, info) => total + of(info), 0)
  const each = (of: (info: ServerReading) => string) => [...new Set(infos.map(of))].join(', ')
  const limited = infos.every(({ memory_limit }) => memory_limit !== null)
  const shares = looks.map((look) => cpuShare(before.get(look.name), look))
  return {
    version: each(({ version }) => version),
    mode,
    memory: sum(({ memory }) => memory),
    memory_limit: limited ? sum(({ memory_limit }) => memory_limit ?? 0) : null,
    clients: sum(({ clients }) => clients),
    keys: looks.reduce((total, { keys }) => total + keys, 0),
    ops: sum(({ ops }) => ops),
    cpu: shares.some((share) => share === null)
      ? null
      : shares.reduce((total: number, share) => total + (share ?? 0), 0),
    uptime_s: Math.min(...infos.map(({ uptime_s }) => uptime_s)),
    eviction: each(({ eviction }) => eviction),
    evicted: sum(({ evicted }) => evicted),
    aof: infos.every(({ aof }) => aof),
    ping_ms: Math.max(...looks.map(({ ping_ms }) => ping_ms)),
  }
}

function cpuShare(before: ServerLook | undefined, after: ServerLook): number | null {
  if (!before || before.info.run !== after.info.run || after.at <= before.at) return null
  return Math.max(0, ((after.info.cpu - before.info.cpu) * 1_000) / (after.at - before.at))
}
