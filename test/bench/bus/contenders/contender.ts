import type { Data } from '../events.ts'

export interface Publisher {
  /** Resolves once the event is stored. */
  publish(data: Data): Promise<unknown>
  /** For who can hand over many at once. */
  publishMany?(batch: readonly Data[]): Promise<unknown>
  close(): unknown
}

export interface Consumer {
  /** Events the server still keeps as unread, being handled, not acknowledged or failed. */
  outstanding(): Promise<number>
  close(): unknown
}

/** Is called with every event, parsed; does nothing worth mentioning. */
export type Handle = (data: Data) => void

/** One way to get events from one process to another. */
export interface Contender {
  openPublisher(redisUrl: string): Promise<Publisher> | Publisher
  /** Resolves once events published from now on will come. */
  openConsumer(redisUrl: string, handle: Handle): Promise<Consumer> | Consumer
}

export const CONTENDERS = {
  raw: { title: 'ioredis loop', peer: false },
  'raw-batch': { title: 'ioredis, pipelined', peer: false },
  agentctl: { title: 'agentctl', peer: false },
  bullmq: { title: 'BullMQ 6.7', peer: false },
  /** `peer`: with packages of its own. */
  'moleculer-100': { title: '@moleculer/channels, 100 in flight', peer: true },
  'moleculer-10': { title: '@moleculer/channels, 10 in flight', peer: true },
} as const satisfies Record<string, { title: string; peer: boolean }>

export type ContenderName = keyof typeof CONTENDERS

export const CONTENDER_NAMES = Object.keys(CONTENDERS) as ContenderName[]
