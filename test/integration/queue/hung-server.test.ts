import { afterEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { openQueue, openQueueWorker } from '../../../src/runtime/platform/queue/index.ts'
import { connectRedis, disconnectRedis } from '../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../support/program.ts'
import { silent } from '../../support/redis.ts'
import { startFailoverSentinel, startReplicatedCluster } from '../../support/topologies.ts'

const QUEUE = 'hung'
const PREFIX = '{hung}'

let closer = createCloser()
afterEach(async () => {
  const closing = closer
  closer = createCloser()
  await closing.close()
})

describe.each([
  ['a cluster', () => startReplicatedCluster(PREFIX)],
  ['Sentinels', startFailoverSentinel],
])('a worker that waits for jobs with %s', (_name, start) => {
  it('gets those that come after the server it waits on has hung', { timeout: 180_000 }, async () => {
    const topology = closer.add(await start(), (opened) => opened.close())
    const connect = (name: string) =>
      closer.add(connectRedis({ url: topology.url, purpose: 'worker', name, log: silent }), disconnectRedis)
    const queue = closer.add(
      openQueue<{ n: number }>(QUEUE, {
        ...{ redis: connect('adds'), prefix: PREFIX, keepSeconds: 60, log: silent },
        retry: { attempts: 3, backoff: 10 },
      }),
      (opened) => opened.close(),
    )
    const done: number[] = []
    const worker = openQueueWorker<{ n: number }>(QUEUE, {
      ...{ redis: connect('works'), prefix: PREFIX, name: 'w', log: silent },
      ...{ concurrency: 2, lockDuration: 10_000, maxCrashes: 3 },
      process: async ({ data }) => void done.push(data.n),
      onFailed: () => {},
    })
    closer.add(worker, () => worker.drain())
    await queue.add('a', { n: 1 })
    await eventually(() => done.includes(1), 30_000)
    topology.primary.pause()
    await queue.add('b', { n: 2 })
    await eventually(() => done.includes(2), 90_000)
    expect(new Set(done)).toEqual(new Set([1, 2]))
  })
})
