import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { expect, it } from 'vitest'
import { createDeparture } from '../../../src/runtime/platform/http/departure.ts'

/** A server that notes which of its connections are ended, and when it is asked to end those that are idle. */
function scene() {
  const ended: string[] = []
  const server = Object.assign(new EventEmitter(), {
    listening: false,
    closeIdleConnections: () => void ended.push('idle'),
  })
  return {
    ended,
    departure: createDeparture(server as unknown as Server),
    connect(name: string) {
      const socket = Object.assign(new EventEmitter(), { destroy: () => void ended.push(name) })
      server.emit('connection', socket)
      return socket
    },
    /** An answer that is handed over and not yet sent; tells when somebody has asked for that. */
    answer() {
      const looked = Promise.withResolvers<void>()
      const response = Object.assign(new EventEmitter(), { headersSent: true })
      const look = () => {
        looked.resolve()
        return true
      }
      Object.defineProperty(response, 'writableEnded', { get: look })
      server.emit('request', {}, response)
      return { response, looked: looked.promise }
    },
  }
}

const { signal } = new AbortController()

it('ends connections on which nothing was ever asked, which a server for TLS does not know', async () => {
  const { departure, connect, ended } = scene()
  connect('mute')
  connect('gone').emit('close')
  await departure.finish(1_000)
  expect(ended).toEqual(['mute'])
})

it('takes no connection for idle whose answer is still being sent', async () => {
  const { departure, connect, answer, ended } = scene()
  const socket = connect('slow')
  const { response, looked } = answer()
  const left = departure.leave({ succeeded: false, delay: 1, timeout: 60_000, signal })
  await looked
  expect(ended).toEqual([])
  response.emit('close')
  expect(ended).toEqual(['idle'])
  socket.emit('close')
  await left
})

it('waits for answers that are being sent at the end, too', async () => {
  const { departure, connect, answer, ended } = scene()
  connect('slow')
  const { response } = answer()
  const finished = departure.finish(60_000)
  expect(ended).toEqual([])
  response.emit('close')
  await finished
  expect(ended).toEqual(['slow'])
})
