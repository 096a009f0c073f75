import { answerParent } from '../support/child.ts'
import { now } from '../support/clock.ts'
import { percentile } from '../support/statistics.ts'
import { cpuUsed } from '../support/usage.ts'
import type { OpenSink, Sink } from './sinks/sink.ts'

/** How the messages are handed to the relay: as entries of Redis streams, or by `resumable-stream`. */
export type SinkName = 'transcript' | 'resumable'

export interface Produced {
  /** Messages of each stream. */
  counts: number[]
  /** Milliseconds by which messages were late, 99th percentile: the producer's own trouble. */
  lag: number
}

export type ProducerApi = {
  open(options: { sink: SinkName; redisUrl: string; streams: number }): Promise<void>
  /** Begins to send one message a second to every stream, evenly spread over the second. */
  begin(): void
  end(): Promise<Produced>
  cpu(): number
}

const sinks: Record<SinkName, () => Promise<{ openSink: OpenSink }>> = {
  transcript: () => import('./sinks/transcript.ts'),
  resumable: () => import('./sinks/resumable.ts'),
}

const PERIOD = 1_000

let sink: Sink | undefined
let streams = 0
let sent = 0
const lags: number[] = []
const underWay = new Set<Promise<void>>()
const failures: unknown[] = []
let timer: NodeJS.Timeout | undefined

/** By the clock, not by the timer: whatever is due by now is sent, so that a late timer loses nothing. */
function sendDue(begun: number): void {
  for (;;) {
    const late = now() - (begun + (sent * PERIOD) / streams)
    if (late < 0) return
    lags.push(late)
    send(sent % streams, Math.floor(sent / streams))
    sent++
  }
}

function send(stream: number, seq: number): void {
  const sending = (sink as Sink)
    .send(stream, seq)
    .catch((error: unknown) => failures.push(error))
    .then(() => {
      underWay.delete(sending)
    })
  underWay.add(sending)
}

const api: ProducerApi = {
  async open(options) {
    const { openSink } = await sinks[options.sink]()
    sink = await openSink(options.redisUrl, options.streams)
    streams = options.streams
  },
  begin() {
    const begun = now()
    timer = setInterval(() => sendDue(begun), 1)
  },
  async end() {
    clearInterval(timer)
    await Promise.all(underWay)
    if (failures.length > 0) throw failures[0]
    const counts = Array.from({ length: streams }, (_, i) => Math.ceil((sent - i) / streams))
    return { counts, lag: percentile(lags, 0.99) }
  },
  cpu: cpuUsed,
}

answerParent(api, () => sink?.close())
