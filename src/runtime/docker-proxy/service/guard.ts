import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { dockerProxyError, refused } from '../errors.ts'

/** Bytes of the body of a request. */
export const MAX_BODY = 64 * 1024

/**
 * What every request must be before it is looked at.
 * @throws AgentctlError DOCKER_PROXY_TOKEN_REFUSED, DOCKER_PROXY_REFUSED
 */
export function checkRequest({ headers }: IncomingMessage, token: string | undefined): void {
  if (token !== undefined && !isEqual(headers.authorization ?? '', `Bearer ${token}`)) {
    throw dockerProxyError('DOCKER_PROXY_TOKEN_REFUSED', 'expected the header "Authorization: Bearer TOKEN"')
  }
  // No SDK sends these: it is a page in a browser on this machine.
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    throw refused('requests of web pages are not allowed')
  }
  if (headers['transfer-encoding'] !== undefined) throw refused('Transfer-Encoding is not allowed')
  if (Number(headers['content-length'] ?? 0) > MAX_BODY) {
    throw refused(`the body is larger than ${MAX_BODY} bytes`)
  }
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/**
 * The body, which is never longer than its Content-Length.
 * @throws AgentctlError DOCKER_PROXY_REFUSED when it is not UTF-8
 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    throw refused('the body is not UTF-8')
  }
}
