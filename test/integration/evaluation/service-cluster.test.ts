import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectRedis, disconnectRedis, type RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import {
  createHandWorker,
  type EvaluationGateway,
  type HandWorker,
  startEvaluationGateway,
} from '../../support/evaluation.ts'
import { call, openLive } from '../../support/events.ts'
import { eventually } from '../../support/program.ts'
import { silent } from '../../support/redis.ts'
import { startCluster, type Topology } from '../../support/topologies.ts'

let cluster: Topology
let redis: RedisClient
let gateway: EvaluationGateway
let worker: HandWorker

beforeAll(async () => {
  cluster = await startCluster()
  redis = connectRedis({ url: cluster.url, purpose: 'worker', name: 'test', log: silent })
  gateway = await startEvaluationGateway(cluster.url)
  worker = createHandWorker(redis)
})
afterAll(async () => {
  await gateway?.close()
  await disconnectRedis(redis)
  await cluster.close()
})

const submit = (key?: string) =>
  call(gateway.url, '/api/eval', {
    body: { code: 'x' },
    headers: key === undefined ? {} : { 'idempotency-key': key },
  })

it('on a cluster, evaluations are taken, told, followed and cancelled', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => submit(`key-${i % 10}`)))
  const ids = [...new Set(answers.map(({ body }) => String(body.eval_id)))]
  expect(ids).toHaveLength(10)
  expect((await worker.waiting()).sort()).toEqual([...ids].sort())
  const { events } = await gateway.bus.history('evaluation.queued')
  expect(events.map(({ eventId }) => eventId).sort()).toEqual(ids.map((id) => `${id}.1`).sort())

  const [id = '', other = ''] = ids
  const client = await openLive(gateway.url, `/api/eval/${id}/stream`)
  const waiting = call(gateway.url, `/api/eval-status/${id}?wait=60000`)
  await client.seen(1)
  await worker.begin(id)
  await worker.output(id, 1, 'stdout', 'one ', 0)
  await client.seen(3)
  await worker.finish(id, 1, { stdout: 'one two' })
  expect((await waiting).body).toMatchObject({ status: 'completed', stdout: 'one two' })
  await eventually(() => client.frames.at(-1)?.data === '[DONE]')
  client.close()
  expect(client.frames.map(({ event }) => event)).toEqual([
    ...['status', 'status', 'output', 'output', 'end', undefined],
  ])
  expect(await call(gateway.url, `/api/eval/${other}`, { method: 'DELETE' })).toMatchObject({
    status: 202,
    body: { status: 'cancelled' },
  })
})
