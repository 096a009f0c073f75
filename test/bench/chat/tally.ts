import { chatOf } from './messages.ts'

/** Counts what the clients received, and how late. */
export interface Tally {
  message(stream: number, chat: string, seq: number, sent: number, arrived: number): void
  /** A stream that ended or failed while it was wanted. */
  broken(stream: number, why: string): void
  /** Milliseconds from the making of a message to its receipt, for those made within the window. */
  latencies(from: number, to: number): number[]
  /** Whether every client has the newest message of its stream. */
  complete(counts: readonly number[]): boolean
  /** @throws Error when a stream broke or carried another's messages */
  losses(counts: readonly number[]): { lost: number; repeated: number }
  /** What comes from now on is no longer wanted. */
  close(): void
}

export function createTally(streams: number): Tally {
  const seen = Array.from({ length: streams }, () => new Map<number, number>())
  const sents: number[] = []
  const latencies: number[] = []
  let trouble: string | undefined
  let closed = false

  return {
    message(stream, chat, seq, sent, arrived) {
      if (chat !== chatOf(stream).chat) trouble ??= `stream ${stream} carried a message of ${chat}`
      const times = seen[stream] as Map<number, number>
      times.set(seq, (times.get(seq) ?? 0) + 1)
      sents.push(sent)
      latencies.push(arrived - sent)
    },
    broken(stream, why) {
      if (!closed) trouble ??= `stream ${stream} broke: ${why}`
    },
    latencies: (from, to) =>
      latencies.filter((_, i) => (sents[i] as number) >= from && (sents[i] as number) < to),
    complete: (counts) => counts.every((count, stream) => (seen[stream]?.size ?? 0) >= count),
    losses(counts) {
      if (trouble !== undefined) throw new Error(trouble)
      let lost = 0
      let repeated = 0
      counts.forEach((count, stream) => {
        const times = seen[stream] as Map<number, number>
        for (let seq = 0; seq < count; seq++) if (!times.has(seq)) lost++
        for (const received of times.values()) repeated += received - 1
      })
      return { lost, repeated }
    },
    close() {
      closed = true
    },
  }
}
