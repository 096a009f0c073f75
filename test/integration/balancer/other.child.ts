import { createBalancer, createRegistration, type Lease } from '../../../src/runtime/balancer/index.ts'
import { connectRedis } from '../../../src/runtime/platform/redis/index.ts'
import { silent } from '../../support/redis.ts'
import { OK, POOL, type Question, releaseAll, take } from './scene.ts'

// Does what its parent asks for, until it is killed.
const redis = connectRedis({ url: process.argv[2] ?? '', purpose: 'worker', name: 'other', log: silent })
const held: Lease[] = []

async function answer(question: Question): Promise<unknown> {
  if ('register' in question) {
    const { register: url, ttl } = question
    await createRegistration({ redis, pool: POOL, url, log: silent, ttl }).registered
    return url
  }
  if ('release' in question) {
    await releaseAll(held)
    return OK
  }
  const balancer = createBalancer({ redis, pool: POOL, log: silent, leaseTtl: question.leaseTtl })
  held.push(...(await take(balancer, question.take)))
  return held.map(({ url }) => url)
}

process.on('message', async (question: Question) => {
  process.send?.((await answer(question)) as object)
})
process.once('disconnect', () => process.exit(0))
process.send?.('ready')
