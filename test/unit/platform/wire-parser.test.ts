import { describe, expect, it } from 'vitest'
import { createAnswerParser } from '../../../src/runtime/platform/wire/parser.ts'

interface Told {
  status?: number
  type?: string | undefined
  body: string
  keep?: boolean
  idle?: number
  fault?: string
  ends: number
}

/** Feeds the parts one after the other, each in memory that is overwritten then, as a connection does. */
function read(parts: readonly Buffer[], { head = false, closed = false } = {}): Told {
  const told: Told = { body: '', ends: 0 }
  const parser = createAnswerParser({
    onHeaders(status, headers) {
      told.status = status
      told.type = headers.get('Content-Type')
    },
    wantsData: () => true,
    onData(chunk) {
      told.body += chunk.toString('latin1')
    },
    onEnd(_at, keep, idle) {
      Object.assign(told, { keep, idle, ends: told.ends + 1 })
    },
    onFault(cause) {
      Object.assign(told, { fault: cause, ends: told.ends + 1 })
    },
  })
  const memory = Buffer.alloc(100_000)
  parser.expect(head)
  for (const part of parts) {
    part.copy(memory)
    parser.feed(memory, part.length, 1)
    memory.fill('X')
  }
  if (closed) parser.end(2)
  return told
}

const whole = (text: string, options?: { head?: boolean; closed?: boolean }) =>
  read([Buffer.from(text, 'latin1')], options)

/** In two parts, cut at every byte, and byte by byte: all the same. */
function everyWay(text: string, options: { head?: boolean; closed?: boolean } = {}): Told {
  const bytes = Buffer.from(text, 'latin1')
  const expected = read([bytes], options)
  for (let i = 1; i < bytes.length; i++) {
    expect(read([bytes.subarray(0, i), bytes.subarray(i)], options), `cut at ${i}`).toEqual(expected)
  }
  expect(
    read(
      Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
      options,
    ),
  ).toEqual(expected)
  return expected
}

const lines = (...all: string[]) => all.join('\r\n')

describe('an answer', () => {
  it('ends after its Content-Length', () => {
    const text = lines(
      'HTTP/1.1 200 OK',
      'Content-Type: text/plain',
      'content-length:  11 ',
      '',
      'hello world',
    )
    expect(everyWay(text)).toEqual({
      status: 200,
      type: 'text/plain',
      body: 'hello world',
      keep: true,
      idle: 0,
      ends: 1,
    })
  })

  it('ends after its last chunk, extensions and trailers included', () => {
    const text = lines(
      'HTTP/1.1 200 OK',
      'Transfer-Encoding: gzip, Chunked',
      'Keep-Alive: timeout=5, max=100',
      '',
      '5;name="a b"',
      'hello',
      '00A ',
      ' wide worl',
      '1',
      'd',
      '0',
      'Checksum: 1',
      '',
      '',
    )
    expect(everyWay(text)).toMatchObject({ body: 'hello wide world', keep: true, idle: 5_000, ends: 1 })
  })

  it('lasts until the connection ends when it says nothing else', () => {
    const text = lines('HTTP/1.1 200 OK', 'Content-Type: text/html', '', 'until the end')
    expect(everyWay(text, { closed: true })).toMatchObject({ body: 'until the end', keep: false, ends: 1 })
  })

  it('lasts until the connection ends in a coding other than chunked', () => {
    const text = lines('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip', '', 'x')
    expect(whole(text, { closed: true })).toMatchObject({ body: 'x', keep: false, ends: 1 })
  })

  it.each([204, 304])('has no body with status %i', (status) => {
    const text = lines(`HTTP/1.1 ${status} `, 'Content-Length: 5', 'Transfer-Encoding: chunked', '', '')
    expect(everyWay(text)).toMatchObject({ status, body: '', keep: true, ends: 1 })
  })

  it('has no body when it was asked for by HEAD', () => {
    const text = lines('HTTP/1.1 200 OK', 'Content-Length: 500', '', '')
    expect(everyWay(text, { head: true })).toMatchObject({ body: '', keep: true, ends: 1 })
  })

  it('comes after 100 Continue and 103 Early Hints', () => {
    const text = lines(
      ...['HTTP/1.1 100 Continue', '', 'HTTP/1.1 103 Early Hints', 'Content-Length: 7', 'Link: </a.css>', ''],
      ...['HTTP/1.1 201 Created', 'Content-Length: 2', '', 'ok'],
    )
    expect(everyWay(text)).toMatchObject({ status: 201, body: 'ok', keep: true, ends: 1 })
  })

  it.each([
    ['HTTP/1.1', 'Connection: close', false],
    ['HTTP/1.1', 'Connection: Keep-Alive', true],
    ['HTTP/1.0', 'X: y', false],
    ['HTTP/1.0', 'connection: keep-alive', true],
  ])('%s with %s: keeps its connection %s', (version, header, keep) => {
    expect(whole(lines(`${version} 200 OK`, header, 'Content-Length: 0', '', ''))).toMatchObject({
      keep,
      ends: 1,
    })
  })

  it('does not keep a connection on which more has come than was asked for', () => {
    const text = lines('HTTP/1.1 200 OK', 'Content-Length: 2', '', 'okHTTP/1.1 200 OK')
    expect(whole(text)).toMatchObject({ body: 'ok', keep: false, ends: 1 })
  })

  it('may end its lines without a carriage return, and say the same length twice', () => {
    const text = 'HTTP/1.1 200\nContent-Length: 2\nContent-Length: 2\n\nok'
    expect(everyWay(text)).toMatchObject({ status: 200, body: 'ok', ends: 1 })
  })
})

describe('what is not valid', () => {
  const refused = (text: string) => everyWay(text).fault

  it.each([
    ['SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['HTTP/2 200\r\n\r\n'],
    ['HTTP/1.1 20 OK\r\n\r\n'],
    ['HTTP/1.1 2000 OK\r\n\r\n'],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\nab'],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab'],
    ['HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nab'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nab'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n'],
  ])('%j is refused', (text) => {
    expect(refused(text)).toBe('not valid HTTP')
  })

  it('is refused when its head is larger than 64 KB, in whatever parts it comes', () => {
    const head = `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`
    expect(whole(head).fault).toBe('headers too large')
    const bytes = Buffer.from(head)
    const parts = Array.from({ length: 71 }, (_, i) => bytes.subarray(i * 1_000, (i + 1) * 1_000))
    expect(read(parts).fault).toBe('headers too large')
  })
})

describe('a connection that ends', () => {
  it('before the answer, says so', () => {
    expect(read([], { closed: true }).fault).toBe('connection closed')
  })

  it.each([
    ['HTTP/1.1 200 OK\r\nContent-'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n'],
  ])('in the middle of %j, says so', (text) => {
    expect(everyWay(text, { closed: true })).toMatchObject({ fault: 'connection closed early', ends: 1 })
  })

  it('after the answer, is no news', () => {
    const text = lines('HTTP/1.1 200 OK', 'Content-Length: 0', '', '')
    expect(whole(text, { closed: true })).toMatchObject({ keep: true, ends: 1 })
  })
})
