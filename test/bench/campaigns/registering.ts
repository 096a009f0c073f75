import { load, type Measurement } from '../support/http-load.ts'
import { AUTHORIZATION, type Servers, startService } from './system.ts'
import { eventsOf } from './workload.ts'

export interface Registering {
  single: Measurement
  /** Of whole batches. */
  batched: Measurement
  /** Events a second. */
  batchedRate: number
}

const BATCH = 500
const BATCH_CLIENTS = 4
const WARM_UP = 1

/** How fast events are registered while nobody processes them: one by one, and in batches. */
export async function measureRegistering(
  servers: Servers,
  { clients, seconds }: { clients: number; seconds: number },
  round: number,
): Promise<Registering> {
  const service = await startService(servers, { processors: 0 })
  try {
    const headers = { authorization: AUTHORIZATION }
    const next = eventsOf(1, `register-${round}`)
    const one = { origin: service.url, path: '/events', headers, body: () => JSON.stringify(next()) }
    const many = {
      ...{ origin: service.url, path: '/events/batch', headers },
      body: () => JSON.stringify({ events: Array.from({ length: BATCH }, next) }),
    }
    await load(one, clients, WARM_UP)
    const single = await load(one, clients, seconds)
    await load(many, BATCH_CLIENTS, WARM_UP)
    const batched = await load(many, BATCH_CLIENTS, seconds)
    return { single, batched, batchedRate: batched.rate * BATCH }
  } finally {
    await service.stop()
  }
}
