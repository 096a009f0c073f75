/** A line of a file. */
export interface TextLine {
  /** From 1. */
  line: number
  /** Without its end; of a line that cannot be used, its beginning. */
  text: string
  /** Bytes of the file up to its end. */
  end: number
  /** Why it cannot be used. */
  problem?: string
}

/** Bytes that a line may have. */
export const MAX_LINE = 1024 * 1024
/** Bytes of a line that cannot be used by which it may be recognised. */
const EXCERPT = 200
const NEWLINE = 10
const RETURN = 13

/**
 * Splits a file into lines. One that is too long, or that is not UTF-8, is told as such and keeps no other from being
 * read; no more of it is held than a line may have.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<TextLine> {
  let held: Buffer[] = []
  let size = 0
  let line = 0
  let end = 0

  const take = (piece: Buffer) => {
    size += piece.length
    if (size <= MAX_LINE || held.length === 0) held.push(piece)
  }
  const finish = (): TextLine => {
    const whole = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held)
    const made = { line: ++line, end, ...decoded(whole, size) }
    held = []
    size = 0
    return made
  }

  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, at))
      end += at + 1 - from
      from = at + 1
      yield finish()
    }
    if (from < chunk.length) take(chunk.subarray(from))
    end += chunk.length - from
  }
  if (size > 0) yield finish()
}

/** Takes a mark of byte order away as well. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

function decoded(bytes: Buffer, size: number): Pick<TextLine, 'text' | 'problem'> {
  if (size > MAX_LINE) return { text: excerpt(bytes), problem: `is longer than ${MAX_LINE} bytes` }
  try {
    return { text: utf8.decode(bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes) }
  } catch {
    return { text: excerpt(bytes), problem: 'is no text in UTF-8' }
  }
}

function excerpt(bytes: Buffer): string {
  return bytes.subarray(0, EXCERPT).toString('utf8')
}
