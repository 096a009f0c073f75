import { Redis } from 'ioredis'
import { createEventBus } from '../../../../src/runtime/bus/index.ts'
import { streamKey } from '../../../../src/runtime/bus/keys.ts'
import { quietLog } from '../../support/log.ts'
import { type Data, GROUP, IN_FLIGHT, TYPE } from '../events.ts'
import type { Contender } from './contender.ts'
import { pendingOf } from './raw.ts'

/** Nobody else drops what the consumer has yet to read: here a backlog may grow as long as it likes, too. */
const hardCap = 10_000_000

/** The bus as it is, with its defaults: repeats detected when publishing and when handling, fenced settling. */
export const agentctl: Contender = {
  openPublisher(redisUrl) {
    const bus = createEventBus({ redisUrl, hardCap, name: 'bench-publisher', log: quietLog() })
    return { publish: (data) => bus.publish(TYPE, data), close: () => bus.close() }
  },

  async openConsumer(redisUrl, handle) {
    const bus = createEventBus({ redisUrl, hardCap, name: 'bench-consumer', log: quietLog() })
    bus.subscribe<Data>(TYPE, handle, { concurrency: IN_FLIGHT })
    await bus.start({ group: GROUP })
    const redis = new Redis(redisUrl)
    return {
      outstanding: () => pendingOf(redis, streamKey(TYPE), GROUP),
      close: async () => {
        await bus.close()
        await redis.quit()
      },
    }
  },
}
