import { createRequire } from 'node:module'
import { Redis } from 'ioredis'
import { type Data, GROUP, TYPE } from '../events.ts'
import type { Contender } from './contender.ts'
import { pendingOf } from './raw.ts'

/** The little that is used of it: its types are not among this program's packages. */
interface Broker {
  start(): Promise<void>
  stop(): Promise<void>
  createService(schema: object): unknown
  sendToChannel(name: string, data: Data): Promise<void>
}

interface Moleculer {
  ServiceBroker: new (options: object) => Broker
}

interface Channels {
  Middleware(options: object): object
}

const load = createRequire(new URL('../peers/package.json', import.meta.url))

/** Its Redis adapter with `maxInFlight` and all else as it comes, without a log. */
export function moleculer(maxInFlight: number): Contender {
  return {
    async openPublisher(redisUrl) {
      const broker = makeBroker(redisUrl, 'publisher')
      await broker.start()
      return { publish: (data) => broker.sendToChannel(TYPE, data), close: () => broker.stop() }
    },

    async openConsumer(redisUrl, handle) {
      const broker = makeBroker(redisUrl, 'consumer')
      const channel = { group: GROUP, maxInFlight, handler: handle }
      broker.createService({ name: 'bench', channels: { [TYPE]: channel } })
      await broker.start()
      const redis = new Redis(redisUrl)
      return {
        outstanding: () => pendingOf(redis, TYPE, GROUP),
        close: async () => {
          await broker.stop()
          await redis.quit()
        },
      }
    },
  }
}

function makeBroker(redisUrl: string, nodeID: string): Broker {
  const { ServiceBroker } = load('moleculer') as Moleculer
  const { Middleware } = load('@moleculer/channels') as Channels
  const adapter = { type: 'Redis', options: { redis: { url: redisUrl } } }
  return new ServiceBroker({
    nodeID,
    logger: false,
    skipProcessEventRegistration: true,
    middlewares: [Middleware({ adapter })],
  })
}
