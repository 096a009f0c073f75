import type { WireHandlers } from '../../platform/wire/index.ts'

export interface Answer {
  status: number
  /** Its body as text. */
  body: string
  /** When its last bytes came. */
  at: number
}

/** Bytes of an answer that are kept: what is longer is read to its end, and cut. */
const LONGEST = 8 * 1024 * 1024

/** Collects an answer whose body is looked at. */
export function readAnswer(
  onAnswer: (answer: Answer) => void,
  onError: (cause: string) => void,
): WireHandlers {
  const parts: Buffer[] = []
  let status = 0
  let size = 0
  return {
    onHeaders(code) {
      status = code
    },
    onData(chunk) {
      size += chunk.length
      // The bytes belong to the connection, which goes on with them.
      if (size <= LONGEST) parts.push(Buffer.from(chunk))
    },
    onEnd: (at) => onAnswer({ status, body: textOf(parts), at }),
    onError,
  }
}

function textOf(parts: readonly Buffer[]): string {
  return (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)).toString('utf8')
}

/** What a JSON body holds; undefined when it is none. */
export function jsonOf(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
