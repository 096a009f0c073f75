import { EventEmitter } from 'node:events'
import type { FastifyInstance } from 'fastify'
import { expect, it } from 'vitest'
import { traceRequests } from '../../../src/runtime/platform/http/trace-requests.ts'
import { notingTracer } from '../../support/noting-tracer.ts'

type Hook = (request: object, reply: object, done: () => void) => void

/** What is left of a server that only tells of what happens. */
function scene() {
  const hooks = new Map<string, Hook>()
  const noting = notingTracer()
  const app = { addHook: (name: string, hook: Hook) => hooks.set(name, hook) }
  traceRequests(app as unknown as FastifyInstance, noting.tracer)
  return {
    ...noting,
    begin(url: string) {
      const request = { method: 'GET', url, protocol: 'http', headers: {}, routeOptions: { url } }
      const reply = { statusCode: 200, raw: new EventEmitter() }
      hooks.get('onRequest')?.(request, reply, () => {})
      return reply.raw
    },
  }
}

it('a stream ends when its client leaves, of which no hook is told', () => {
  const { begin, notes, told } = scene()
  const response = begin('/stream')
  expect(notes).toEqual(['begin GET /stream in nothing'])
  response.emit('close')
  expect(notes.slice(1)).toEqual(['end GET /stream'])
  expect(told('GET /stream')).toMatchObject([{ 'http.response.status_code': 200 }])
})

it('nobody wants to know of questions after its health', () => {
  const { begin, notes } = scene()
  begin('/health').emit('close')
  expect(notes).toEqual([])
})
