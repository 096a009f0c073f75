import { maskUrl } from '../../kernel/index.ts'
import type { ServeStatus } from '../../supervisor/index.ts'
import type { RedisSample } from '../sampling/index.ts'
import type { LatencyRow, Snapshot, SnapshotContext, Trouble, Unknown } from '../snapshot.ts'
import { joinReplicas } from './replicas.ts'

export interface Parts {
  /** Milliseconds since 1970. */
  at: number
  interval: number
  context: string | null
  redisUrl: string
  /** Of the serve that is up; undefined without one. */
  serve: ServeStatus | undefined
  /** The newest one; undefined before the first. */
  sample: RedisSample | undefined
  trouble: Trouble | null
  latencies: LatencyRow[]
  /** What cannot be known besides what the sample says. */
  unknown: readonly Unknown[]
}

/** Puts together what is known. */
export function assemble(parts: Parts): Snapshot {
  const { at, interval, serve, sample, trouble, latencies } = parts
  return {
    version: 1,
    at: new Date(at).toISOString(),
    took_ms: Math.round((sample?.took_ms ?? 0) * 10) / 10,
    interval_ms: interval,
    context: contextOf(parts),
    redis: trouble === null ? (sample?.redis ?? null) : null,
    trouble,
    streams: sample?.streams ?? [],
    groups: sample?.groups ?? [],
    queues: sample?.queues ?? [],
    replicas: joinReplicas(serve?.replicas ?? [], sample?.pools ?? []),
    autoscale: serve?.autoscale ?? [],
    latencies,
    dead_letters: sample?.dead_letters ?? [],
    discovery: sample?.discovery ?? { streams: 0, scanned: 0, keys: 0, complete: false },
    unknown: [...(sample?.unknown ?? []), ...parts.unknown],
  }
}

function contextOf({ context, redisUrl, serve }: Parts): SnapshotContext {
  return {
    name: context,
    redis: maskUrl(redisUrl),
    serve: serve
      ? { pid: serve.pid, version: serve.version, started_at: serve.started_at, data: serve.data }
      : null,
  }
}
