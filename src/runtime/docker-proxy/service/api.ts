import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Engine, EngineCall } from '../../platform/engine/index.ts'
import { refused } from '../errors.ts'
import { containerBody } from '../policy/container-body.ts'
import { type AllowedImages, readCreateRequest } from '../policy/create-request.ts'
import { type Decision, decide } from '../policy/routes.ts'
import { parseTarget } from '../policy/target.ts'
import { checkRequest, readBody } from './guard.ts'
import type { Ownership } from './ownership.ts'
import type { Places } from './places.ts'
import type { Verdicts } from './verdicts.ts'

export interface ApiOptions {
  engine: Engine
  ownership: Ownership
  images: AllowedImages
  /** Label of the containers made here. */
  proxy: string
  token: string | undefined
  verdicts: Verdicts
  now: () => number
  places: Places
}

/** Headers of the engine's answers that are passed on. */
const PASSED = ['content-type', 'content-length', 'api-version', 'ostype', 'server', 'docker-experimental']
const PATHS = { ping: '/_ping', version: '/version', list: '/containers/json' } as const

interface Passed extends EngineCall {
  /** Id of the container that it removes. */
  removes?: string
}

/** Decides on a request and, when it is allowed, passes on one of our own making. Never rejects. */
export function createApi(options: ApiOptions) {
  const { engine, ownership, images, proxy, token, verdicts, places, now } = options

  return async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    try {
      checkRequest(request, token)
      const decision = decide(request.method ?? '', parseTarget(request.url ?? ''))
      const body = await readBody(request)
      const route = decision.kind === 'container' ? decision.action : decision.kind
      if (route === 'attach')
        throw refused('attach needs the headers "Connection: Upgrade" and "Upgrade: tcp"')
      const call = await callOf(decision, request.method as EngineCall['method'], body)
      verdicts.allowed(route)
      if (call === undefined) send(response, 404, JSON.stringify({ message: 'No such container' }))
      else await pass({ ...call, signal: gone.signal }, decision, response)
    } catch (error) {
      if (gone.signal.aborted) return
      const { status, body } = verdicts.failed(request, error)
      if (response.headersSent) response.destroy()
      else send(response, status, body)
    }
  }

  async function callOf(
    decision: Decision,
    method: EngineCall['method'],
    body: string,
  ): Promise<Passed | undefined> {
    const { query } = decision
    const path = (of: string) => (query.size === 0 ? of : `${of}?${query}`)
    if (decision.kind === 'create') {
      const made = containerBody(readCreateRequest(body, images, now()), images, proxy)
      return {
        method,
        path: path('/containers/create'),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(made),
      }
    }
    if (decision.kind !== 'container') return { method, path: path(PATHS[decision.kind]) }
    const id = await ownership.find(decision.container)
    if (id === undefined) return undefined
    const ending = {
      start: '/start',
      attach: '/attach',
      wait: '/wait',
      kill: '/kill',
      inspect: '/json',
      remove: '',
    }
    const call = { method, path: path(`/containers/${id}${ending[decision.action]}`) }
    return decision.action === 'remove' ? { ...call, removes: id } : call
  }

  async function pass(call: Passed, decision: Decision, response: ServerResponse): Promise<void> {
    if (decision.kind === 'create') return places.within((made) => create(call, response, made))
    const answer = await engine.call(call)
    // Not before: one that runs on, since it was not to be forced, takes its place as ever.
    if (call.removes !== undefined && isGone(answer)) places.free(call.removes)
    copyHead(answer, response)
    // Who waits for the end of a container must know that the wait has begun.
    response.flushHeaders()
    await pipeline(answer, response)
  }

  async function create(
    call: EngineCall,
    response: ServerResponse,
    made: (id: string) => void,
  ): Promise<void> {
    // Not given up when the caller goes away: what is made then must be known all the same.
    const { signal: _, ...whole } = call
    const answer = await engine.call(whole)
    const body = await text(answer)
    if (answer.statusCode === 201) {
      const id = String((JSON.parse(body) as { Id?: unknown }).Id)
      ownership.add(id)
      made(id)
      if (response.destroyed) return discard(id)
    }
    copyHead(answer, response)
    response.end(body)
  }

  /** Nobody has heard of it, so nobody would remove it before its deadline. */
  async function discard(id: string): Promise<void> {
    const answer = await engine.call({ method: 'DELETE', path: `/containers/${id}?force=1&v=1` })
    answer.resume()
    if (isGone(answer)) places.free(id)
  }
}

function isGone({ statusCode = 500 }: IncomingMessage): boolean {
  return statusCode < 300 || statusCode === 404
}

function copyHead({ headers, statusCode = 502 }: IncomingMessage, response: ServerResponse): void {
  for (const name of PASSED) {
    const value = headers[name]
    if (value !== undefined) response.setHeader(name, value)
  }
  response.writeHead(statusCode)
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}
