import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CANCEL_CHANNEL } from '../../../src/runtime/evaluation/keys.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { connectRedis, disconnectRedis } from '../../../src/runtime/platform/redis/index.ts'
import { openWorkerScene, type WorkerScene } from '../../support/evaluation-worker.ts'
import { eventually } from '../../support/program.ts'
import { silent } from '../../support/redis.ts'
import { startCluster, type Topology } from '../../support/topologies.ts'

let cluster: Topology
let scene: WorkerScene
const closer = createCloser()

beforeAll(async () => {
  cluster = await startCluster()
  closer.add(cluster, (opened) => opened.close())
  scene = await openWorkerScene({
    url: cluster.url,
    connect: (purpose = 'worker') =>
      closer.add(connectRedis({ url: cluster.url, purpose, name: 'test', log: silent }), disconnectRedis),
  })
})
afterAll(async () => {
  await scene?.close()
  await closer.close()
})

describe('on a cluster', () => {
  it('evaluations run, write live output, are cancelled, and end once', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => scene.submit(`print ${i}`)))
    for (const [i, id] of ids.entries()) {
      const told = await scene.done(id)
      expect(told.map(({ type }) => type)).toEqual([
        'evaluation.queued',
        'evaluation.started',
        'evaluation.completed',
      ])
      expect(told.at(-1)?.data.stdout).toBe(`${i}\n`)
    }
    const id = await scene.submit('print so far\nwait')
    await eventually(async () => (await scene.output(id)).length > 0)
    await scene.records.cancel(id)
    await scene.redis.publish(CANCEL_CHANNEL, id)
    expect((await scene.done(id)).at(-1)?.data).toMatchObject({ status: 'cancelled', stdout: 'so far\n' })
  })
})
