import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { messageOf } from '../../kernel/index.ts'
import { containersError } from '../containers/errors.ts'
import type { Engine } from './engine.ts'

/** A connection the engine has turned into one of raw bytes, or its answer when it has not. */
export type Upgraded =
  | { socket: Socket; head: Buffer; response: IncomingMessage }
  | { socket: undefined; response: IncomingMessage }

/**
 * Asks the engine for a connection of raw bytes, as `attach` has it. It is never reused.
 * @throws AgentctlError DOCKER_UNREACHABLE
 */
export function upgrade({ address, host }: Engine, path: string): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...address,
      agent: false,
      method: 'POST',
      path,
      headers: { host: 'docker', connection: 'Upgrade', upgrade: 'tcp', 'content-length': 0 },
    })
    outgoing.once('upgrade', (response, socket, head) => {
      resolve({ socket: socket as Socket, head, response })
    })
    outgoing.once('response', (response) => resolve({ socket: undefined, response }))
    outgoing.once('error', (cause) => {
      reject(containersError('DOCKER_UNREACHABLE', `${host}: ${messageOf(cause)}`, { cause }))
    })
    outgoing.end()
  })
}
