import { createRegistration, type Registration } from '../balancer/index.ts'
import { createCloser, type Logger } from '../kernel/index.ts'
import { connectRedis, disconnectRedis } from '../platform/redis/index.ts'

/** Makes replicas known to those who balance among them, on behalf of roles that must not reach Redis themselves. */
export interface Advertiser {
  /** These replicas are there now, and no others. */
  show(urls: readonly string[]): void
  close(): Promise<void>
}

export interface AdvertiserOptions {
  redisUrl: string
  /** Of the balancer. */
  pool: string
  log: Logger
}

export function createAdvertiser({ redisUrl, pool, log }: AdvertiserOptions): Advertiser {
  const closer = createCloser()
  const registrations = new Map<string, Registration>()
  const connect = () =>
    closer.add(connectRedis({ url: redisUrl, purpose: 'request', name: 'serve', log }), disconnectRedis)
  let redis: ReturnType<typeof connect> | undefined
  let closed = false

  function retire(url: string): Promise<void> | undefined {
    const registration = registrations.get(url)
    registrations.delete(url)
    return registration?.close()
  }

  return {
    show(urls) {
      if (closed) return
      for (const url of registrations.keys()) if (!urls.includes(url)) void retire(url)
      for (const url of urls) {
        if (registrations.has(url)) continue
        redis ??= connect()
        registrations.set(url, createRegistration({ redis, pool, url, log }))
      }
    },
    async close() {
      closed = true
      await Promise.all([...registrations.keys()].map(retire))
      await closer.close()
    },
  }
}
