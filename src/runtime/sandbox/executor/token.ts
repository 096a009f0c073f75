import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { sandboxError } from '../errors.ts'

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * Lets in whoever sends the secret as `Authorization: Bearer SECRET`. How long it takes tells nothing about the secret.
 * @returns throws AgentctlError EXECUTOR_TOKEN_REFUSED for everybody else
 */
export function createDoor(token: string): (headers: IncomingHttpHeaders) => void {
  const wanted = digest(token)
  return ({ authorization = '' }) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(authorization) ?? []
    if (given !== undefined && timingSafeEqual(digest(given), wanted)) return
    const why =
      given === undefined ? 'the request holds no secret' : 'the secret of the request is another one'
    throw sandboxError('EXECUTOR_TOKEN_REFUSED', why, { field: 'header.authorization' })
  }
}
