import { randomBytes } from 'node:crypto'
import type { Clock } from '../../resilience/index.ts'
import type { OutputName } from '../messages.ts'
import type { RunnerEnd } from './ending.ts'
import { createRecords } from './records.ts'

/** Milliseconds from a program being sent to its start. */
const START_WITHIN = 30_000

export interface LifeOptions {
  /** Milliseconds the program may run. */
  wallMs: number
  clock: Clock
  onBytes(name: OutputName, bytes: Buffer): void
  /** Its time is up. */
  onTimeout(): void
}

export interface Life {
  /** To be told to the runner. */
  readonly nonce: string
  readonly write: (name: OutputName, bytes: Buffer) => void
  /** Milliseconds it has run until now; undefined before its start. */
  ran(): number | undefined
  readonly said: RunnerEnd
  /** Resolves when the runner has told all there is, or too long nothing. */
  readonly over: Promise<void>
  /** Nothing more comes. */
  end(): void
}

/** Follows the life of a program through what its runner tells. */
export function followLife({ wallMs, clock, onBytes, onTimeout }: LifeOptions): Life {
  const nonce = randomBytes(16).toString('hex')
  const over = Promise.withResolvers<void>()
  const said: RunnerEnd = {}
  let startedAt: number | undefined
  let ends = 0
  let stop = clock.after(START_WITHIN, over.resolve)

  const records = createRecords(nonce, {
    onBytes,
    onRecord(_, record) {
      if (record.kind === 'started') {
        // Only a program says so again, which would gain time by it.
        if (startedAt !== undefined) return
        stop()
        startedAt = clock.now()
        stop = clock.after(wallMs, onTimeout)
      } else if (record.kind === 'exiting') {
        said.exitCode = record.exitCode
      } else {
        said.ended = record
        ends += 1
        // Once on each stream: what was printed to the other may come later.
        if (ends === 2) over.resolve()
      }
    },
  })

  return {
    nonce,
    write: records.write,
    ran: () => (startedAt === undefined ? undefined : clock.now() - startedAt),
    said,
    over: over.promise,
    end() {
      stop()
      records.end()
    },
  }
}
