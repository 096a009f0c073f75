// Copy to test/integration/http/. A slow client loses what was sent before the end:
// beat() writes after end(), whose error destroys the response.
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createSseHub, sseFrame } from '../../../src/runtime/platform/http/index.ts'
it('a client that reads late still gets what was sent before the end', async () => {
  const hub = createSseHub({ heartbeat: 30, stallTimeout: 60_000 })
  const ended = Promise.withResolvers<void>()
  const server = createServer(async (_q, response) => {
    const c = hub.open(response, { onDrain() {}, onClose() {} })
    // fill kernel buffers, staying below HIGH_WATER in this process
    let idle = 0
    while (idle < 20) {
      if (response.writableLength < 100_000) { c.send(sseFrame('x'.repeat(16_000))); idle = 0 } else { idle++; await pause(5) }
    }
    c.send(sseFrame('[DONE]'))
    c.end()
    ended.resolve()
  })
  await new Promise<void>((l) => server.listen(0, '127.0.0.1', l))
  const socket = connect((server.address() as any).port, '127.0.0.1')
  socket.on('error', () => {})
  const chunks: Buffer[] = []
  socket.on('data', (d) => chunks.push(d)); socket.pause()
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await ended.promise
  await pause(200) // several heartbeats
  socket.resume()
  await new Promise((r) => socket.once('close', r).setTimeout(2000, () => socket.destroy()))
  hub.close(); server.closeAllConnections(); server.close()
  expect(Buffer.concat(chunks).includes('[DONE]')).toBe(true)
})
