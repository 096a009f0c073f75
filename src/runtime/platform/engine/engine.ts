import { once } from 'node:events'
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { messageOf } from '../../kernel/index.ts'
import { type EngineAddress, parseDockerHost } from '../containers/address.ts'
import { containersError } from '../containers/errors.ts'

export interface EngineCall {
  method: 'GET' | 'HEAD' | 'POST' | 'DELETE'
  /** With its query, without a version: the engine then speaks its newest. */
  path: string
  headers?: OutgoingHttpHeaders
  body?: string | Readable
  signal?: AbortSignal
}

/** The plain HTTP API of a Docker engine, for those who pass requests on or need little of it. */
export interface Engine {
  /** As it was given. */
  readonly host: string
  /** Where to open a connection of one's own. */
  readonly address: EngineAddress
  /** The answer, whatever its status; its body is the caller's to read. @throws AgentctlError DOCKER_UNREACHABLE */
  call(call: EngineCall): Promise<IncomingMessage>
  /** The answer as JSON. @throws AgentctlError DOCKER_UNREACHABLE, DOCKER_REFUSED */
  json<T>(call: EngineCall): Promise<T>
  /** Each message of an answer that reports progress, one JSON object a line. @throws also what the engine reports as `error` */
  progress(call: EngineCall, onMessage: (message: EngineMessage) => void): Promise<void>
  close(): void
}

export interface EngineMessage {
  status?: string
  stream?: string
  error?: string
  id?: string
}

/** @throws AgentctlError DOCKER_HOST_INVALID */
export function createEngine(host: string): Engine {
  const address = parseDockerHost(host)
  const agent = new Agent({ keepAlive: true })

  async function call({ method, path, headers, body, signal }: EngineCall): Promise<IncomingMessage> {
    const outgoing = request({
      ...address,
      agent,
      method,
      path,
      headers: { host: 'docker', ...headers },
      ...(signal === undefined ? {} : { signal }),
    })
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
    try {
      if (typeof body === 'object') await Promise.race([pipeline(body, outgoing), answered])
      else outgoing.end(body)
      const [response] = await answered
      return response
    } catch (cause) {
      answered.catch(() => {})
      signal?.throwIfAborted()
      throw containersError('DOCKER_UNREACHABLE', `${host}: ${messageOf(cause)}`, { cause })
    }
  }

  async function checked(made: EngineCall): Promise<IncomingMessage> {
    const response = await call(made)
    if ((response.statusCode ?? 500) < 400) return response
    const said = await text(response)
    throw containersError('DOCKER_REFUSED', `${made.method} ${made.path.split('?')[0]}: ${sayingOf(said)}`)
  }

  return {
    host,
    address,
    call,
    json: async (made) => JSON.parse(await text(await checked(made))),
    async progress(made, onMessage) {
      let rest = ''
      const take = (line: string) => {
        if (line.trim() === '') return
        const message = JSON.parse(line) as EngineMessage
        if (message.error !== undefined) throw containersError('DOCKER_REFUSED', message.error)
        onMessage(message)
      }
      for await (const chunk of (await checked(made)).setEncoding('utf8')) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) take(line)
      }
      take(rest)
    },
    close: () => agent.destroy(),
  }
}

/** What an engine says of a failure: `{"message":"…"}`. */
function sayingOf(body: string): string {
  try {
    return String((JSON.parse(body) as { message?: unknown }).message ?? body)
  } catch {
    return body.trim()
  }
}
