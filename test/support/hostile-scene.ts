import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What hostile programs are after: a file to read, a place to write to, and a service to talk to, all on the host. */
export interface HostileScene {
  /** Is in the file, in the environment of this process, and in what the service would say. */
  secret: string
  secretFile: string
  /** Everybody may write here. */
  target: string
  port: number
  /** How many connections the service has seen. */
  connections(): number
  /** Whether anything was written to `target`. */
  wasWritten(): boolean
  close(): Promise<void>
}

export async function openHostileScene(): Promise<HostileScene> {
  const secret = `secret-${crypto.randomUUID()}`
  const folder = await mkdtemp(join(tmpdir(), 'agentctl-hostile-'))
  const secretFile = join(folder, 'secret.txt')
  const target = join(folder, 'written')
  await writeFile(secretFile, `export default ${JSON.stringify(secret)}\n`, { mode: 0o644 })
  await chmod(folder, 0o777)
  process.env.AGENTCTL_HOSTILE_SECRET = secret
  let connections = 0
  const body = `export default ${JSON.stringify(secret)}; console.log(${JSON.stringify(secret)})`
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => {})
    socket.end(
      `HTTP/1.1 200 OK\r\ncontent-type: text/javascript\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    )
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    secret,
    secretFile,
    target,
    port: (server.address() as { port: number }).port,
    connections: () => connections,
    wasWritten: () => existsSync(target),
    async close() {
      delete process.env.AGENTCTL_HOSTILE_SECRET
      await new Promise<void>((closed) => server.close(() => closed()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
