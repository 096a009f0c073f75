import type { Operation, Series } from '../scenario.ts'

/** What the server says of itself, by its name in `timings_ms`. */
const NAMES = {
  encode: 'encode',
  retrieve: 'retrieve',
  generate: 'generate',
  queues: 'queues',
  total: 'server',
}
const CACHES = ['embedding', 'retrieval', 'answer']

/** How the time of an answer is spent, as the server tells it. */
export const SPLIT: readonly Series[] = [
  { name: 'encode', title: 'Server: encode' },
  { name: 'retrieve', title: 'Server: retrieve' },
  { name: 'generate', title: 'Server: generate' },
  { name: 'queues', title: 'Server: waiting' },
  { name: 'server', title: 'Server: in all' },
]

/** Records what an answer tells about its making; a server that tells nothing is none the worse. */
export function recordSplit(operation: Operation, { timings_ms, cached }: Record<string, unknown>): void {
  if (isRecord(timings_ms))
    for (const [stage, series] of Object.entries(NAMES)) {
      const ms = timings_ms[stage]
      if (typeof ms === 'number' && ms >= 0) operation.record(series, ms)
    }
  if (isRecord(cached))
    for (const what of CACHES) if (cached[what] === true) operation.count(`cached_${what}`, 1)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
