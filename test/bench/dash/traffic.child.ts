import { streamKey } from '../../../src/runtime/bus/index.ts'
import { connectRedis, disconnectRedis } from '../../../src/runtime/platform/redis/index.ts'
import { answerParent } from '../support/child.ts'
import { quietLog } from '../support/log.ts'
import { GROUPS_EACH, groupOf, STREAMS, typeOf } from './data.ts'

/** Milliseconds between two rounds, and streams that get an entry in each: 200 entries a second. */
const ROUND = 100
const EACH = 20

export type Traffic = { ping(): boolean }

const redis = connectRedis({
  url: process.argv[2] ?? '',
  purpose: 'worker',
  name: 'traffic',
  log: quietLog(),
})
let next = 0

/** Adds an entry to each of the next streams; every group reads one and acknowledges it. */
async function round(): Promise<void> {
  const keys = Array.from({ length: EACH }, () => streamKey(typeOf(next++ % STREAMS)))
  const pipeline = redis.pipeline()
  for (const key of keys) {
    pipeline.xadd(key, 'MAXLEN', '~', 1_000, '*', 'event_type', 'bench', 'data', '{"n":1}')
    for (let group = 0; group < GROUPS_EACH; group++)
      pipeline.xreadgroup('GROUP', groupOf(group), 'consumer-0', 'COUNT', 1, 'STREAMS', key, '>')
  }
  const replies = (await pipeline.exec()) ?? []
  const acks = redis.pipeline()
  for (const [i, [, reply]] of replies.entries()) {
    const [key, entries] = (reply as [string, [string][]][] | null)?.[0] ?? ['', []]
    const group = (i % (GROUPS_EACH + 1)) - 1
    if (group >= 0 && entries[0] && typeof reply !== 'string') acks.xack(key, groupOf(group), entries[0][0])
  }
  await acks.exec()
}

const timer = setInterval(() => void round().catch(() => {}), ROUND)

answerParent<Traffic>({ ping: () => true }, async () => {
  clearInterval(timer)
  await disconnectRedis(redis)
})
