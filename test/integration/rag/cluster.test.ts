import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis, disconnectRedis, type RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { call } from '../../support/events.ts'
import { eventually } from '../../support/program.ts'
import { openRagScene, type RagScene, streamQuery } from '../../support/rag.ts'
import { silent } from '../../support/redis.ts'
import { startCluster, type Topology } from '../../support/topologies.ts'

let cluster: Topology
let redis: RedisClient
let scene: RagScene
let url: string

beforeAll(async () => {
  cluster = await startCluster()
  redis = connectRedis({ url: cluster.url, purpose: 'worker', name: 'test', log: silent })
  scene = await openRagScene(cluster)
  url = (await scene.gateway({ queryRate: 1_000 })).url
})
afterAll(async () => {
  await scene?.close()
  await disconnectRedis(redis)
  await cluster.close()
})

describe('on a cluster', () => {
  it('queries wait in queues of one slot, and are answered', async () => {
    const waiting = Array.from({ length: 20 }, (_, i) =>
      call(url, '/query', { body: { query: `Who? ${i}` } }),
    )
    await eventually(async () => (await redis.llen('{job}:encoder_in:wait')) === 20)
    await Promise.all(['encoder', 'retriever', 'generator'].map((stage) => scene.worker({ stage })))
    const answers = await Promise.all(waiting)
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(new Set(answers.map(({ body }) => body.job_id)).size).toBe(20)
  })

  it('answers are streamed', async () => {
    scene.llm.say(async function* () {
      yield 'one '
      yield 'two'
    })
    const { parts, done } = await streamQuery(url, { query: 'Who?' })
    expect(done).toBe(true)
    expect(parts.map(({ type }) => type)).toEqual(['sources', 'token', 'token', 'result'])
  })

  it('documents are stored and found', async () => {
    await call(url, '/documents', { body: { id: 'bees', text: 'Bees make honey.' } })
    scene.llm.say(() => 'found')
    const { body } = await call(url, '/query', { body: { query: 'Who makes honey?' } })
    expect(body).toMatchObject({ answer: 'found', contexts: [{ id: 'bees#0' }] })
  })
})
