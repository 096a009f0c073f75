import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { freePort, isPortFree } from '../../../src/runtime/platform/process/index.ts'

describe('a free port', () => {
  it('is the preferred one while nobody has it', async () => {
    const port = await freePort()
    expect(await freePort(port)).toBe(port)
  })

  it('is another one when somebody has it', async () => {
    const port = await freePort()
    const server = createServer()
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
    try {
      expect(await isPortFree(port)).toBe(false)
      expect(await freePort(port)).not.toBe(port)
    } finally {
      await new Promise((closed) => server.close(closed))
    }
  })

  it('is none that outgoing connections are given', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()))
    for (const port of ports) expect(port).toBeLessThan(32_768)
  })
})
