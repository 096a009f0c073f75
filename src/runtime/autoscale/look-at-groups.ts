import { describeGroup, firstIdAfter } from '../inspect/index.ts'
import { AgentctlError } from '../kernel/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import type { Lane } from './demand.ts'
import type { Workload } from './workloads.ts'

type Group = Extract<Workload, { kind: 'group' }>

/** Nobody has published, or read, anything yet. */
const NOT_THERE = new Set(['STREAM_NOT_FOUND', 'GROUP_NOT_FOUND'])

/** Looks at one group of several streams. @param now milliseconds since 1970 */
export function createGroupLook(redis: RedisClient, now: () => number) {
  async function look(stream: string, group: string): Promise<Lane> {
    const { lag, pending, retrying, last_delivered_id } = await describeGroup(redis, stream, group)
    const first = lag === 0 ? undefined : await firstIdAfter(redis, stream, last_delivered_id)
    return {
      name: stream,
      waiting: lag,
      // What has failed waits for its time, and for nobody.
      active: Math.max(0, pending - retrying),
      oldest_ms: first === undefined ? null : Math.max(0, now() - Number.parseInt(first, 10)),
    }
  }

  return ({ streams, group }: Group): Promise<Lane[]> =>
    Promise.all(
      streams.map((stream) =>
        look(stream, group).catch((error: unknown) => {
          if (error instanceof AgentctlError && NOT_THERE.has(error.code))
            return { name: stream, waiting: 0, active: 0, oldest_ms: null }
          throw error
        }),
      ),
    )
}
