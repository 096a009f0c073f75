import type { ServerResponse } from 'node:http'
import { type Logger, messageOf, toProblem } from '../../kernel/index.ts'
import { type SseHub, sseFrame } from '../../platform/http/index.ts'
import { BEGINNING, type StreamFollower } from '../../platform/streams/index.ts'
import { outputName } from '../../sandbox/index.ts'
import { outputKey } from '../keys.ts'
import { type Facts, isTerminal, toEvaluation } from '../messages.ts'
import { type Lookup, unknownEvaluation } from './lookup.ts'
import type { OutputEntry } from './output-entry.ts'
import { advance, hasOutput, newText, type Position, toEventId } from './position.ts'
import type { Progress } from './progress.ts'

export interface Live {
  /** Streams an evaluation to one client, from a position to its end. */
  attach(response: ServerResponse, known: Facts, from: Position): void
}

export interface LiveOptions {
  follower: StreamFollower<OutputEntry>
  hub: SseHub
  progress: Progress
  lookup: Lookup
  log: Logger
}

/** Milliseconds after which a standard client reconnects. */
const RECONNECT_AFTER = 1_000

/**
 * The stream of live output is what makes it quick; the record is what counts. At the end it has all the output, of which the
 * client gets what it does not have. So live output may be late, incomplete or missing, and nobody ever hangs.
 */
export function createLive({ follower, hub, progress, lookup, log }: LiveOptions): Live {
  return {
    attach(response, known, from) {
      const id = known.eval_id
      let at = from
      let shown = false
      let settling = false
      const connection = hub.open(response, { onDrain: () => following.resume(), onClose: () => leave() })
      const following = follower.follow({ key: outputKey(id), after: BEGINNING, deliver })
      const unwatch = progress.watch(id, { onStarted: enter, onEnded: () => void settle() })
      connection.send(`retry: ${RECONNECT_AFTER}\n\n`)
      if (isTerminal(known.status)) finish(known)
      else {
        show(known)
        // It may have ended since it was looked at, before it was watched.
        void settle()
      }

      function show({ status, attempts = 0 }: Pick<Facts, 'status' | 'attempts'>): void {
        if (status === 'running') enter(attempts)
        else send('status', { status, attempt: attempts })
      }

      /** Goes over to an attempt, unless it is known already. */
      function enter(attempt: number): void {
        if (attempt < at.attempt || (attempt === at.attempt && shown)) return
        if (attempt > at.attempt) renew(attempt)
        shown = true
        send('status', { status: 'running', attempt })
      }

      function renew(attempt: number): void {
        const isVoid = hasOutput(at)
        at = { attempt, stdout: 0, stderr: 0, ended: false }
        if (isVoid) send('restart', { attempt })
      }

      function deliver(entry: OutputEntry): boolean {
        if (entry.kind === 'end') {
          void settle()
          return true
        }
        if (entry.attempt < at.attempt) return true
        enter(entry.attempt)
        return entry.kind !== 'output' || sendText(entry)
      }

      function sendText(entry: Omit<OutputEntry, 'kind'>): boolean {
        const text = newText(at, entry)
        if (text === '') return true
        at = advance(at, entry.name, text)
        return send('output', { name: entry.name, text })
      }

      /** Looks whether it has ended; when that fails, the next look of the watch is the next try. */
      async function settle(): Promise<void> {
        if (settling) return
        settling = true
        try {
          const found = await lookup.find(id)
          if (connection.closed) return
          if (found === undefined) abandon()
          else if (isTerminal(found.status)) finish(found)
        } catch (error) {
          log.debug({ eval_id: id, reason: messageOf(error) }, 'looking for the end failed, trying again')
        } finally {
          settling = false
        }
      }

      function finish(end: Facts): void {
        const attempt = end.attempts ?? at.attempt
        if (attempt > at.attempt) renew(attempt)
        for (const name of outputName.options) sendText({ attempt, name, text: end[name] ?? '', at: 0 })
        at = { ...at, ended: true }
        send('end', toEvaluation(end))
        close()
      }

      /** Redis has lost it, and no row was written. */
      function abandon(): void {
        connection.send(sseFrame(JSON.stringify(toProblem(unknownEvaluation(id))), { event: 'error' }))
        close()
      }

      function close(): void {
        connection.send(sseFrame('[DONE]'))
        connection.end()
        leave()
      }

      function send(event: string, data: object): boolean {
        return connection.send(sseFrame(JSON.stringify(data), { id: toEventId(at), event }))
      }

      function leave(): void {
        following.close()
        unwatch()
      }
    },
  }
}
