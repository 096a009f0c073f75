import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '../../src/runtime/platform/process/index.ts'

/** Stands for whatever spreads the clients of several gateways: one address, behind which each connection goes to another port. */
export interface TcpBalancer {
  url: string
  /** How many connections each port has been given. */
  given(port: number): number
  /** Gives it no more, as one whose probes have failed. */
  leaveOut(port: number): void
  close(): Promise<void>
}

export async function startTcpBalancer(ports: readonly number[]): Promise<TcpBalancer> {
  const counts = new Map(ports.map((port) => [port, 0]))
  const sockets = new Set<Socket>()
  let inUse = [...ports]
  let next = 0

  const server = createServer((client) => {
    const port = inUse[next++ % inUse.length] as number
    counts.set(port, (counts.get(port) ?? 0) + 1)
    const gateway = connect(port, '127.0.0.1')
    for (const [socket, other] of [
      [client, gateway],
      [gateway, client],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.pipe(other)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  const port = await freePort()
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${port}`,
    given: (one) => counts.get(one) ?? 0,
    leaveOut(one) {
      inUse = inUse.filter((other) => other !== one)
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
