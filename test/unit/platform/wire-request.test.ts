import { describe, expect, it } from 'vitest'
import type { AgentctlError } from '../../../src/runtime/kernel/index.ts'
import {
  createWireClient,
  prepareRequest,
  type RequestParts,
} from '../../../src/runtime/platform/wire/index.ts'

const ORIGIN = 'http://example.org:8080/base'
const text = (parts: RequestParts) => prepareRequest(ORIGIN, parts).bytes.toString('latin1')

function refusal(action: () => unknown): AgentctlError {
  try {
    action()
  } catch (error) {
    return error as AgentctlError
  }
  throw new Error('it was accepted')
}

describe('a request', () => {
  it('is written as HTTP/1.1', () => {
    expect(text({ path: '/a b?c=d', headers: { Accept: '*/*' } })).toBe(
      'GET /a%20b?c=d HTTP/1.1\r\nHost: example.org:8080\r\nAccept: */*\r\n\r\n',
    )
  })

  it('tells the length of its body in bytes, and that there is none where one is expected', () => {
    expect(text({ method: 'POST', path: '/', body: 'ü' })).toContain('Content-Length: 2\r\n\r\n')
    expect(text({ method: 'post', path: '/' })).toContain('Content-Length: 0\r\n\r\n')
    expect(text({ method: 'DELETE', path: '/' })).not.toContain('Content-Length')
  })

  it('may name another host in its headers', () => {
    expect(text({ path: '/', headers: { host: 'other' } })).not.toContain('example.org')
  })

  it('knows that answers to HEAD have no body', () => {
    expect(prepareRequest(ORIGIN, { method: 'head', path: '/' }).head).toBe(true)
  })
})

describe('a request that cannot be sent', () => {
  it.each<[RequestParts, string]>([
    [{ path: '/', method: 'GE T' }, 'method "GE T"'],
    [{ path: '/', headers: { 'X Y': '1' } }, 'name of the header "X Y"'],
    [{ path: '/', headers: { X: 'a\r\nInjected: 1' } }, 'value of the header "X"'],
    [{ path: '/', headers: { X: '…' } }, 'value of the header "X"'],
    [{ path: '/', headers: { 'Content-Length': '5' } }, 'set by the client itself'],
    [{ path: 'http://' }, 'address "http://"'],
  ])('%j is refused: %s', (parts, what) => {
    const error = refusal(() => prepareRequest(ORIGIN, parts))
    expect(error.code).toBe('WIRE_REQUEST_INVALID')
    expect(error.message).toContain(what)
    expect(error.message).not.toContain('Injected')
  })

  it.each(['nonsense', 'ftp://example.org', ''])('to %j is refused', (origin) => {
    const error = refusal(() => createWireClient({ origin, connections: 1 }))
    expect(error.code).toBe('WIRE_REQUEST_INVALID')
  })
})
