import { createServer } from 'node:http'
import { Socket } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createDeparture } from '../../../src/runtime/platform/http/departure.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

it('closes connections over which nobody has asked anything, as idle ones', async () => {
  const server = createServer()
  // No request comes, so that nobody has to read it.
  server.removeAllListeners('connection')
  const departure = createDeparture(server)
  const socket = new Socket()
  server.emit('connection', socket)
  const { signal } = new AbortController()
  const left = departure.leave({ succeeded: true, delay: 0, timeout: 3_600_000, signal })
  await vi.advanceTimersByTimeAsync(4_900)
  expect(socket.destroyed).toBe(false)
  await vi.advanceTimersByTimeAsync(100)
  await left
  expect(socket.destroyed).toBe(true)
})

it('is known to leave at once where nobody is waited for', async () => {
  const departure = createDeparture(createServer())
  expect(departure.leaving).toBe(false)
  const { signal } = new AbortController()
  await departure.leave({ succeeded: false, delay: 0, timeout: 1, signal })
  expect(departure.leaving).toBe(true)
})
