/** What the head of an answer says about itself and what follows. */
export interface Head {
  status: number
  /** Bytes of the body; -1 when that is not said. */
  length: number
  chunked: boolean
  /** Whether the connection may be used again. */
  keep: boolean
  /** Milliseconds for which the server keeps it idle, of the header Keep-Alive; 0 when that is not said. */
  idle: number
  /** Where the body begins. */
  end: number
}

const LF = 10
const CR = 13
const SPACE = 32
const TAB = 9
const COLON = 58
const ZERO = 48
/** Set in small letters. */
const CASE = 0x20

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const VERSION = bytes('HTTP/1.')
const CONTENT_LENGTH = bytes('content-length')
const TRANSFER_ENCODING = bytes('transfer-encoding')
const CONNECTION = bytes('connection')
const KEEP_ALIVE = bytes('keep-alive')

export function createHead(): Head {
  return { status: 0, length: -1, chunked: false, keep: true, idle: 0, end: 0 }
}

/**
 * Reads the head of an answer (RFC 9112) that begins at `from`: the few headers that frame it, one pass over the bytes.
 * @param head is overwritten
 * @returns false when the head is not complete yet
 * @throws WireFault when it is not HTTP/1
 */
export function readHead(data: Buffer, from: number, to: number, head: Head): boolean {
  let line = from
  for (let i = from; i < to; i++) {
    if (data[i] !== LF) continue
    const end = i > line && data[i - 1] === CR ? i - 1 : i
    if (line === from) readStatus(data, line, end, head)
    else if (end === line) {
      head.end = i + 1
      return true
    } else readHeader(data, line, end, head)
    line = i + 1
  }
  return false
}

/** Something that is not HTTP/1; the message is the cause that is reported. */
export class WireFault extends Error {}

export const notHttp = (): WireFault => new WireFault('not valid HTTP')

function readStatus(data: Buffer, from: number, to: number, head: Head): void {
  const status = numberIn(data, from + 9, from + 12)
  const framed = data[from + 8] === SPACE && (to === from + 12 || data[from + 12] === SPACE)
  if (to < from + 12 || !startsWith(data, from, VERSION) || status < 100 || !framed) throw notHttp()
  head.status = status
  head.length = -1
  head.chunked = false
  head.keep = data[from + 7] !== ZERO
  head.idle = 0
}

function readHeader(data: Buffer, from: number, to: number, head: Head): void {
  const first = (data[from] as number) | CASE
  if (first === 0x63 /* c */) {
    if (isNamed(data, from, CONTENT_LENGTH)) readLength(data, from + 15, to, head)
    else if (isNamed(data, from, CONNECTION)) readConnection(textOf(data, from + 11, to), head)
  } else if (first === 0x74 /* t */) {
    if (isNamed(data, from, TRANSFER_ENCODING)) readEncoding(textOf(data, from + 18, to), head)
  } else if (first === 0x6b /* k */) {
    if (isNamed(data, from, KEEP_ALIVE)) readKeepAlive(textOf(data, from + 11, to), head)
  }
}

function readLength(data: Buffer, after: number, before: number, head: Head): void {
  let from = after
  let to = before
  while (from < to && isBlank(data[from])) from++
  while (to > from && isBlank(data[to - 1])) to--
  const length = to - from > 15 ? -1 : numberIn(data, from, to)
  if (length < 0 || (head.length >= 0 && head.length !== length)) throw notHttp()
  head.length = length
}

function readConnection(value: string, head: Head): void {
  if (value.includes('close')) head.keep = false
  else if (value.includes('keep-alive')) head.keep = true
}

/** The last coding decides where the body ends: any other than chunked lasts until the connection is closed. */
function readEncoding(value: string, head: Head): void {
  head.chunked = /(^|,)\s*chunked\s*$/.test(value)
  if (!head.chunked) head.keep = false
}

function readKeepAlive(value: string, head: Head): void {
  const seconds = /timeout\s*=\s*(\d{1,6})/.exec(value)?.[1]
  if (seconds !== undefined) head.idle = Number(seconds) * 1_000
}

const textOf = (data: Buffer, from: number, to: number): string =>
  data.toString('latin1', from, to).trim().toLowerCase()
const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB

/** -1 where there is anything but digits, or nothing. */
function numberIn(data: Buffer, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) {
    const digit = (data[i] as number) - ZERO
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return from < to ? value : -1
}

function startsWith(data: Buffer, from: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (data[from + i] !== expected[i]) return false
  return true
}

/** In any case; a dash has the bit of small letters set already. */
function isNamed(data: Buffer, from: number, name: Uint8Array): boolean {
  if (data[from + name.length] !== COLON) return false
  for (let i = 0; i < name.length; i++) if (((data[from + i] as number) | CASE) !== name[i]) return false
  return true
}
