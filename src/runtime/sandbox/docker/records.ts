import type { OutputName } from '../messages.ts'

/** What a runner tells of the life of its program, amid the output of that. */
export type RunnerRecord =
  | { kind: 'started' }
  /** The program ends by itself; more output may follow. */
  | { kind: 'exiting'; exitCode: number }
  /** Everything in the container has ended, and nothing follows on this stream. */
  | { kind: 'ended'; exitCode: number | null; signal: number | null; oomSeen: boolean; cpuSpent: boolean }

interface Listeners {
  onBytes(name: OutputName, bytes: Buffer): void
  onRecord(name: OutputName, record: RunnerRecord): void
}

/** Bytes of the longest record after its mark. */
const LONGEST = 32
/** An honest runner has no more to tell. */
const MAX_RECORDS = 4
/** Exit codes and signals are bytes. */
const MAX_NUMBER = 255
const NOTHING = Buffer.alloc(0)

/**
 * Tells the records of a runner from the output of its program. A record begins with NUL and the nonce of this run, and ends
 * with the line. A program can learn the nonce if it digs for it, and then lie about its own end: nobody else's. Lies without
 * end are output like any other, so that the limit of that ends them.
 */
export function createRecords(nonce: string, { onBytes, onRecord }: Listeners) {
  const mark = Buffer.from(`\0${nonce}`)
  const held: Record<OutputName, Buffer> = { stdout: NOTHING, stderr: NOTHING }
  let told = 0

  function pass(name: OutputName, bytes: Buffer): void {
    if (bytes.length > 0) onBytes(name, bytes)
  }

  /** Bytes from the beginning that are dealt with: the others may be the beginning of a record. */
  function take(name: OutputName, bytes: Buffer): number {
    let done = 0
    while (told < MAX_RECORDS) {
      const at = bytes.indexOf(mark, done)
      if (at === -1) break
      const text = bytes.subarray(at + mark.length, at + mark.length + LONGEST).toString('latin1')
      const size = text.indexOf('\n')
      if (size === -1 && text.length < LONGEST) {
        pass(name, bytes.subarray(done, at))
        return at
      }
      const record = parseRecord(text.slice(0, Math.max(0, size)))
      const end = at + mark.length + (record === undefined ? 0 : size + 1)
      pass(name, bytes.subarray(done, record === undefined ? end : at))
      if (record !== undefined) {
        told += 1
        onRecord(name, record)
      }
      done = end
    }
    const at = told < MAX_RECORDS ? startOfMark(bytes, done) : bytes.length
    pass(name, bytes.subarray(done, at))
    return at
  }

  /** Where a mark may begin that is not there as a whole yet. */
  function startOfMark(bytes: Buffer, from: number): number {
    const at = bytes.indexOf(0, Math.max(from, bytes.length - mark.length + 1))
    for (let next = at; next !== -1; next = bytes.indexOf(0, next + 1)) {
      if (mark.subarray(0, bytes.length - next).equals(bytes.subarray(next))) return next
    }
    return bytes.length
  }

  return {
    write(name: OutputName, chunk: Buffer): void {
      const bytes = held[name].length === 0 ? chunk : Buffer.concat([held[name], chunk])
      held[name] = bytes.subarray(take(name, bytes))
    },
    /** Nothing more comes: what looked like a record was none. */
    end(): void {
      for (const name of ['stdout', 'stderr'] as const) {
        pass(name, held[name])
        held[name] = NOTHING
      }
    },
  }
}

function parseRecord(text: string): RunnerRecord | undefined {
  if (text === 'S') return { kind: 'started' }
  const exiting = /^X (\d{1,3})$/.exec(text)
  if (exiting && Number(exiting[1]) <= MAX_NUMBER) return { kind: 'exiting', exitCode: Number(exiting[1]) }
  const ended = /^E ([xs]) (\d{1,3}) ([01]) ([01])$/.exec(text)
  if (!ended) return undefined
  const [, how, number, oom, cpu] = ended
  if (Number(number) > MAX_NUMBER) return undefined
  return {
    kind: 'ended',
    exitCode: how === 'x' ? Number(number) : null,
    signal: how === 's' ? Number(number) : null,
    oomSeen: oom === '1',
    cpuSpent: cpu === '1',
  }
}
