import { afterEach, describe, expect, it } from 'vitest'
import { createEventBus } from '../../src/runtime/bus/index.ts'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import { judgeEvaluations, startSubmitting } from '../support/eval-faults.ts'
import { call } from '../support/events.ts'
import { LOAD_TYPE, startLoad } from '../support/failover-load.ts'
import { eventually, startServe, workplace } from '../support/program.ts'
import { upTo } from '../support/sse.ts'
import {
  type FailoverTopology,
  startFailoverSentinel,
  startReplicatedCluster,
} from '../support/topologies.ts'

let closer = createCloser()
afterEach(async () => {
  const closing = closer
  closer = createCloser()
  await closing.close()
})

type Leave = (topology: FailoverTopology) => Promise<void> | void
const startCluster = () => startReplicatedCluster(`agent:stream:${LOAD_TYPE}`, 1)
const ROWS: [string, () => Promise<FailoverTopology>, Leave][] = [
  ['Sentinel, the primary is killed', startFailoverSentinel, ({ primary }) => primary.kill()],
  ['Sentinel, the primary hangs', startFailoverSentinel, ({ primary }) => primary.pause()],
  ['Cluster, the primary hangs', startCluster, ({ primary }) => primary.pause()],
  ['Cluster, the primary hands over', startCluster, (topology) => topology.failover()],
]

describe('a failover of Redis while chats, events and evaluations come in, with `--confirm-replicas 1`', () => {
  it.each(ROWS)(
    '%s: errors end by themselves, and nothing acknowledged is lost',
    { timeout: 300_000 },
    async (title, start, leave) => {
      const topology = closer.add(await start(), (opened) => opened.close())
      const place = closer.add(workplace(), (opened) => opened.remove())
      Object.assign(place.env, { REDIS_URL: topology.url, AGENTCTL_CONFIRM_REPLICAS: '1' })
      const roles = ['--roles', 'gateway=1,worker=1,eval=1,executor=1,storage=1']
      const serve = closer.add(await startServe(place, ...roles), (opened) => opened.stop())
      await eventually(
        async () => (await serve.ps()).replicas.every(({ state }) => state === 'ready'),
        60_000,
      )
      const { url } = serve
      const load = startLoad(url)
      const submitting = startSubmitting({
        ...{ url, name: 'failover', clients: 1, rest: 300 },
        program: (n) => ({
          body: { code: `console.log(${n})`, language: 'javascript' },
          expected: `${n}\n`,
        }),
      })
      await Promise.all([load.more(6), submitting.more(5)])
      const before = Date.now()
      await leave(topology)
      await Promise.all([load.more(15), submitting.more(5)])
      const { events, chats, troubles } = await load.end()
      const accepted = await submitting.end()

      const last = troubles.at(-1)?.at ?? before
      const reasons = [...new Set(troubles.map(({ what, reason }) => `${what}: ${reason.slice(0, 160)}`))]
      process.stderr.write(
        `${title}: ${events.length} events, ${chats.size} chats, ${accepted.length} evaluations; ${troubles.length} errors, the last ${last - before} ms after the fault\n${reasons.slice(0, 6).join('\n')}\n`,
      )
      for (const [id, seen] of chats) expect([id, seen]).toEqual([id, upTo(20)])
      expect(await published(topology.url)).toEqual(new Map(events.map((id) => [id, 1])))
      await judgeEvaluations(title, { url, redisUrl: topology.url }, accepted)
      for (const { id, expected } of accepted) {
        const { body } = await call(url, `/api/eval-status/${id}`)
        expect([id, body.stdout]).toEqual([id, expected])
      }
      const { replicas } = await serve.ps()
      expect(replicas.map(({ name, restarts }) => [name, restarts])).toEqual(
        replicas.map(({ name }) => [name, 0]),
      )
    },
  )
})

/** How often each event is in its stream. */
async function published(redisUrl: string): Promise<Map<string, number>> {
  const bus = createEventBus({ redisUrl })
  const counts = new Map<string, number>()
  try {
    await bus.replay<{ id: string }>(LOAD_TYPE, {
      handler: ({ id }) => {
        counts.set(id, (counts.get(id) ?? 0) + 1)
      },
    })
    return counts
  } finally {
    await bus.close()
  }
}
