import { answerParent } from '../support/child.ts'
import { cpuUsed, type Memory, memoryHeld } from '../support/usage.ts'
import type { RelayName, RunningRelay, StartRelay } from './relays/relay.ts'

export type RelayApi = {
  start(options: { relay: RelayName; redisUrl: string }): Promise<{ url: string }>
  cpu(): number
  memory(): Promise<Memory>
}

/** Each loads only its own code, so that none is charged for another's. */
const relays: Record<RelayName, () => Promise<{ startRelay: StartRelay }>> = {
  ours: () => import('./relays/ours.ts'),
  naive: () => import('./relays/naive.ts'),
  resumable: () => import('./relays/resumable.ts'),
}

let running: RunningRelay | undefined

const api: RelayApi = {
  async start({ relay, redisUrl }) {
    const { startRelay } = await relays[relay]()
    running = await startRelay(redisUrl)
    return { url: running.url }
  },
  cpu: cpuUsed,
  memory: memoryHeld,
}

answerParent(api, () => running?.stop?.())
