import type { Logger } from '../kernel/index.ts'
import type { HttpApp } from '../platform/http/index.ts'
import type { Metrics } from '../platform/metrics/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { createAttendance } from './attendance.ts'
import { createGate } from './gate.ts'
import { guardRoutes } from './guard.ts'
import { createKeyring } from './keyring.ts'
import { createKeyLimits } from './limits.ts'
import { createKeyStore } from './store.ts'

export interface AccessOptions {
  /** For commands; shared with others, never blocked. */
  redis: RedisClient
  /** For SUBSCRIBE. */
  subscriber: RedisClient
  metrics: Metrics
  log: Logger
}

/** What a gateway needs to let in only those who have a key. */
export interface Access {
  /** Guards the routes that are added to this scope after it. */
  guard(app: HttpApp): void
  close(): void
}

export function createAccess({ redis, subscriber, metrics, log }: AccessOptions): Access {
  const store = createKeyStore(redis)
  const attendance = createAttendance({ find: (id) => keyring.find(id) })
  const keyring = createKeyring({ store, subscriber, onRevoked: attendance.end, log })
  const gate = createGate({ keyring, limits: createKeyLimits({ redis, log }), store, metrics, log })
  return {
    guard: (app) => guardRoutes(app, gate, attendance),
    close() {
      keyring.close()
      attendance.close()
    },
  }
}
