import type { ServerResponse } from 'node:http'
import { type AgentctlError, toProblem } from '../kernel/index.ts'
import { type SseHub, sseFrame } from '../platform/http/index.ts'
import type { Metrics } from '../platform/metrics/index.ts'
import { BEGINNING, type StreamEntry, type StreamFollower } from '../platform/streams/index.ts'
import { type ChatEntry, toChatEntry } from './entry.ts'
import { streamKey } from './keys.ts'
import type { Chat, RunInput } from './messages.ts'
import type { ResumePoint } from './resume.ts'
import type { Watchdog } from './watchdog.ts'

/** An entry with its frame, made once however many clients it is sent to. */
export interface FramedEntry extends ChatEntry {
  frame: string
}

export function toFramedEntry(raw: StreamEntry): FramedEntry {
  const entry = toChatEntry(raw)
  return { ...entry, frame: frameOf(entry) }
}

/** Every entry's frame carries its id, errors too: a client that reconnects after the end is sent away. */
function frameOf({ id, kind, data }: ChatEntry): string {
  if (kind === 'open') return ''
  return sseFrame(data, kind === 'error' ? { id, event: 'error' } : { id })
}

export interface Relay {
  /** Streams a chat to one client, from its resume point to the end. */
  attach(response: ServerResponse, reader: NewReader): void
}

export interface NewReader {
  chat: Chat
  run: string
  /** To start the run again if it is lost. */
  input: RunInput
  cursor: string | undefined
  from: ResumePoint
}

export interface RelayOptions {
  follower: StreamFollower<FramedEntry>
  hub: SseHub
  watchdog: Watchdog
  metrics: Metrics
}

/** Milliseconds after which a standard client reconnects. */
const RECONNECT_AFTER = 1_000

export function createRelay({ follower, hub, watchdog, metrics }: RelayOptions): Relay {
  const delivered = metrics.counter('chat_messages_delivered_total', 'Messages written to clients')
  const gaps = metrics.counter('chat_gaps_total', 'Times a client was told that messages are missing')

  return {
    attach(response, { chat, run: firstRun, input, cursor, from }) {
      let run = firstRun
      const connection = hub.open(response, {
        onDrain: () => following.resume(),
        onClose: () => leave(),
      })
      const watch = watchdog.watch(chat, run, input, { onMoved: move, onAbandoned: abandon })
      const following = follower.follow({ key: streamKey(chat), after: from.after, deliver })
      connection.send(`retry: ${RECONNECT_AFTER}\n\n`)
      if (from.gap !== undefined) sendGap(from.gap)

      function deliver(entry: FramedEntry): boolean {
        if (entry.run !== run) {
          run = entry.run
          sendGap('restarted')
        }
        watch.seen(run)
        if (entry.kind === 'open') return true
        if (entry.kind === 'message') {
          delivered.inc()
          return connection.send(entry.frame)
        }
        finish(entry.frame)
        return false
      }

      function move(newRun: string): void {
        if (run === newRun) return
        run = newRun
        sendGap('restarted')
        following.seek(BEGINNING)
      }

      function sendGap(reason: 'expired' | 'restarted'): void {
        gaps.inc()
        const what = { reason, after: cursor ?? null, feature_id: chat.feature, chat_id: chat.chat }
        connection.send(sseFrame(JSON.stringify(what), { event: 'gap' }))
      }

      function abandon(error: AgentctlError): void {
        finish(sseFrame(JSON.stringify(toProblem(error)), { event: 'error' }))
      }

      /** The client may take its time to read the rest; the chat no longer concerns it. */
      function finish(frame: string): void {
        connection.send(frame)
        connection.end()
        leave()
      }

      function leave(): void {
        following.close()
        watch.release()
      }
    },
  }
}
