import { wireError } from './errors.ts'
import type { WireRequest } from './messages.ts'

export interface RequestParts {
  /** Default GET. */
  method?: string
  /** Path and query, or a whole URL of which these are used. */
  path: string
  headers?: Readonly<Record<string, string>>
  body?: string | Buffer
}

/** As in RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Header values are sent as latin1; what is beyond, and control characters, cannot be. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** Methods whose requests have a body by their nature: without one they say that it is empty. */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])
/** Framing is made here. */
const OWN = new Set(['content-length', 'transfer-encoding', 'connection'])

/**
 * Makes the bytes of a request once, to be sent many times.
 * @param origin scheme, host and port, for the header Host
 * @throws AgentctlError WIRE_REQUEST_INVALID, naming what cannot be sent
 */
export function prepareRequest(
  origin: string | URL,
  { method = 'GET', path, headers = {}, body }: RequestParts,
): WireRequest {
  const verb = method.toUpperCase()
  if (!TOKEN.test(verb) || verb === 'CONNECT')
    throw wireError('WIRE_REQUEST_INVALID', `the method "${method}"`)
  const url = locate(origin, path)
  const given = Object.entries(headers)
  for (const [name, value] of given) checkHeader(name, value)
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  const content = body === undefined ? undefined : Buffer.from(body as string)
  const lines = [
    `${verb} ${url.pathname}${url.search} HTTP/1.1`,
    ...(names.has('host') ? [] : [`Host: ${url.host}`]),
    ...given.map(([name, value]) => `${name}: ${value}`),
    ...(content || WITH_BODY.has(verb) ? [`Content-Length: ${content?.length ?? 0}`] : []),
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return { bytes: content ? Buffer.concat([head, content]) : head, head: verb === 'HEAD' }
}

function locate(origin: string | URL, path: string): URL {
  const url = URL.parse(path, String(origin))
  if (url) return url
  throw wireError('WIRE_REQUEST_INVALID', `the address "${path}"`)
}

function checkHeader(name: string, value: string): void {
  if (!TOKEN.test(name)) throw wireError('WIRE_REQUEST_INVALID', `the name of the header "${name}"`)
  if (OWN.has(name.toLowerCase())) {
    throw wireError('WIRE_REQUEST_INVALID', `the header "${name}", which is set by the client itself`)
  }
  // The value may be a secret: it is not repeated.
  if (!VALUE.test(value)) throw wireError('WIRE_REQUEST_INVALID', `the value of the header "${name}"`)
}
