// A slow client loses what was sent before the end: beat() writes after end(), whose error destroys the response.
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { createSseHub, sseFrame } from '../../../src/runtime/platform/http/index.ts'
it('a client that reads late still gets what was sent before the end', async () => {
  const hub = createSseHub({ heartbeat: 30, stallTimeout: 60_000 })
  const server = createServer((_q, response) => {
    const c = hub.open(response, { onDrain() {}, onClose() {} })
    let i = 0
    while (response.writableLength < 100_000) c.send(sseFrame(`${i++} ${'x'.repeat(1_000)}`))
    c.send(sseFrame('[DONE]'))
    c.end()
  })
  await new Promise<void>((l) => server.listen(0, '127.0.0.1', l))
  const socket = connect((server.address() as any).port, '127.0.0.1')
  socket.pause(); socket.on('error', () => {})
  let text = ''
  socket.on('data', (d) => { text += d }); socket.pause()
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await new Promise((r) => setTimeout(r, 500)) // several heartbeats
  socket.resume()
  await new Promise((r) => socket.once('close', r).setTimeout(3000, () => socket.destroy()))
  hub.close(); server.close()
  expect(text.includes('[DONE]')).toBe(true)
})
