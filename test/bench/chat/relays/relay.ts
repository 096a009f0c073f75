import type { SinkName } from '../producer.child.ts'

export interface RunningRelay {
  /** Base URL of its HTTP server. */
  url: string
  /** Where it matters: the process ends right after. */
  stop?(): Promise<unknown>
}

export type StartRelay = (redisUrl: string) => Promise<RunningRelay>

/** What is compared: the name in the report, and how the producer hands its messages over. */
export const RELAYS = {
  ours: { sink: 'transcript', title: 'agentctl gateway' },
  naive: { sink: 'transcript', title: 'XREAD BLOCK per client' },
  resumable: { sink: 'resumable', title: 'resumable-stream' },
} as const satisfies Record<string, { sink: SinkName; title: string }>

export type RelayName = keyof typeof RELAYS

export const RELAY_NAMES = Object.keys(RELAYS) as RelayName[]
