import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Whether this process could listen on the port now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    // Whoever looks for the server that was here may come at this very moment, and would hold it open.
    const probe = createServer((client) => client.destroy())
    probe.once('error', () => resolve(false))
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/** Below those that Linux (32,768 and up), macOS and Windows (49,152) give to outgoing connections. */
const LOWEST = 20_000
const HIGHEST = 32_767
const TRIES = 100

/**
 * `preferred` when it is free, else another port of the loopback interface. Its server may be away for a while and come
 * back: outgoing connections are not given the port meanwhile, not even one that asks for that server.
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isPortFree(preferred))) return preferred
  for (let i = 0; i < TRIES; i++) {
    const port = randomInt(LOWEST, HIGHEST + 1)
    if (await isPortFree(port)) return port
  }
  return anyPort()
}

function anyPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen({ port: 0, host: '127.0.0.1' }, () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
