import { createHead, notHttp, readHead, WireFault } from './head.ts'
import type { WireHeaders } from './messages.ts'

/** What the parser tells about the answer it reads. */
export interface AnswerSink {
  onHeaders(status: number, headers: WireHeaders, at: number): void
  /** False where nobody reads the body: then `onData` is not called. */
  wantsData(): boolean
  onData(chunk: Buffer, at: number): void
  /**
   * @param keep whether the connection may be used again
   * @param idle milliseconds for which the server says it keeps it; 0 = it does not say
   */
  onEnd(at: number, keep: boolean, idle: number): void
  onFault(cause: string): void
}

/** Reads one answer after the other from one connection. */
export interface AnswerParser {
  /** Before each answer. @param head the answer is to a HEAD request */
  expect(head: boolean): void
  feed(data: Buffer, length: number, at: number): void
  /** The other side has closed the connection. */
  end(at: number): void
  /** Nothing more is told, whatever comes. */
  stop(): void
}

const STOPPED = 0
const HEAD = 1
/** The body: by length, until the end of the connection, or in chunks. */
const LENGTH = 2
const REST = 3
const SIZE = 4
const EXTENSION = 5
const CHUNK = 6
const CHUNK_END = 7
const TRAILER = 8

const MAX_HEAD = 65_536
/** Hexadecimal digits of the size of a chunk: less than 2^52 bytes. */
const MAX_DIGITS = 13
const LF = 10
const CR = 13
const SEMICOLON = 59

export function createAnswerParser(sink: AnswerSink): AnswerParser {
  const head = createHead()
  let state = STOPPED
  let toHead = false
  /** Bytes of the body, or the chunk, that are still to come. */
  let left = 0
  let digits = 0
  /** Bytes of the line, and of all trailers. */
  let line = 0
  let trailers = 0
  /** The beginning of a head that has not arrived as a whole. */
  let partial: Buffer | undefined
  const headers = createHeaders()

  function feed(data: Buffer, length: number, at: number): void {
    let offset = 0
    try {
      while (offset < length && state !== STOPPED) offset = step(data, offset, length, at)
    } catch (fault) {
      if (!(fault instanceof WireFault)) throw fault
      state = STOPPED
      sink.onFault(fault.message)
    }
  }

  /** @returns how far it has come */
  function step(data: Buffer, offset: number, length: number, at: number): number {
    switch (state) {
      case HEAD:
        return readAnswer(data, offset, length, at)
      case LENGTH:
      case CHUNK:
        return readBody(data, offset, Math.min(length, offset + left), length, at)
      case REST:
        if (sink.wantsData()) sink.onData(data.subarray(offset, length), at)
        return length
      case TRAILER:
        return readTrailer(data, offset, length, at)
      default:
        return readFraming(data[offset] as number, offset + 1)
    }
  }

  function readAnswer(data: Buffer, offset: number, length: number, at: number): number {
    if (!partial && readHead(data, offset, length, head)) {
      const end = head.end
      begin(data, offset, length, at)
      return end
    }
    // The bytes are overwritten by what comes next.
    const before = partial?.length ?? 0
    const whole = Buffer.concat([...(partial ? [partial] : []), data.subarray(offset, length)])
    if (readHead(whole, 0, whole.length, head)) {
      const end = head.end
      partial = undefined
      begin(whole, 0, whole.length, at)
      return offset + end - before
    }
    if (whole.length > MAX_HEAD) throw new WireFault('headers too large')
    partial = whole
    return length
  }

  function begin(data: Buffer, from: number, length: number, at: number): void {
    const { status, end, chunked } = head
    if (end - from > MAX_HEAD) throw new WireFault('headers too large')
    if (status === 101) throw notHttp() // nothing else was asked for
    if (status < 200) return
    const bodiless = toHead || status === 204 || status === 304
    if (bodiless) left = 0
    else left = chunked ? 0 : head.length
    if (chunked && !bodiless) startChunk()
    else if (left >= 0) state = LENGTH
    else state = REST
    headers.show(data, from, end)
    const reads = state
    sink.onHeaders(status, headers, at)
    if (state !== reads) return // given up
    if (state === LENGTH && left === 0) finish(at, head.keep && end === length)
  }

  function readBody(data: Buffer, offset: number, end: number, length: number, at: number): number {
    left -= end - offset
    if (sink.wantsData()) sink.onData(data.subarray(offset, end), at)
    if (left > 0 || state === STOPPED) return end
    if (state === CHUNK) state = CHUNK_END
    else finish(at, head.keep && end === length)
    return end
  }

  function startChunk(): void {
    state = SIZE
    left = 0
    digits = 0
    line = 0
  }

  /** Of chunks: `SIZE;extension CRLF` before, CRLF after the data. */
  function readFraming(byte: number, next: number): number {
    if (++line > MAX_HEAD) throw notHttp()
    if (byte === CR) return next
    if (state === CHUNK_END) {
      if (byte !== LF) throw notHttp()
      startChunk()
    } else if (byte === LF) {
      if (digits === 0) throw notHttp()
      line = 0
      trailers = 0
      state = left === 0 ? TRAILER : CHUNK
    } else if (state === SIZE) {
      const digit = hexadecimal(byte)
      if (digit >= 0 && ++digits <= MAX_DIGITS) left = left * 16 + digit
      else if (byte === SEMICOLON || byte === 32 || byte === 9) state = EXTENSION
      else throw notHttp()
    }
    return next
  }

  /** Lines until an empty one. */
  function readTrailer(data: Buffer, offset: number, length: number, at: number): number {
    const byte = data[offset]
    if (++trailers > MAX_HEAD) throw new WireFault('headers too large')
    if (byte === LF && line === 0) finish(at, head.keep && offset + 1 === length)
    else if (byte === LF) line = 0
    else if (byte !== CR) line++
    return offset + 1
  }

  function finish(at: number, keep: boolean): void {
    state = STOPPED
    sink.onEnd(at, keep, head.idle)
  }

  return {
    feed,
    expect(isHead) {
      toHead = isHead
      partial = undefined
      state = HEAD
    },
    end(at) {
      if (state === STOPPED) return
      if (state === REST) return finish(at, false)
      const nothing = state === HEAD && !partial
      state = STOPPED
      sink.onFault(nothing ? 'connection closed' : 'connection closed early')
    },
    stop() {
      state = STOPPED
    },
  }
}

function hexadecimal(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 0x20
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/** Looks headers up in the bytes when, and only when, somebody asks. */
function createHeaders(): WireHeaders & { show(data: Buffer, from: number, to: number): void } {
  let bytes: Buffer = Buffer.alloc(0)
  let from = 0
  let to = 0
  return {
    show(data, start, end) {
      bytes = data
      from = start
      to = end
    },
    get(name) {
      const wanted = `${name.toLowerCase()}:`
      for (const line of bytes.toString('latin1', from, to).split(/\r?\n/)) {
        if (line.length < wanted.length) continue
        if (line.slice(0, wanted.length).toLowerCase() === wanted) return line.slice(wanted.length).trim()
      }
      return undefined
    },
  }
}
