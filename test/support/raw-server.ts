import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An HTTP server that answers as a test wants, in order or not. */
export interface RawServer {
  url: string
  /** What it was asked, in order. */
  asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[]
  close(): Promise<void>
}

export type Behaviour = (response: ServerResponse, asked: RawServer['asked'][number], nth: number) => unknown

/** @param behave answers each request, whose number counts from 0 */
export async function startRawServer(behave: Behaviour): Promise<RawServer> {
  const asked: RawServer['asked'] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part
    })
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const nth = asked.push({ method, url, headers, body }) - 1
      Promise.resolve(behave(response, asked[nth] as RawServer['asked'][number], nth)).catch(() =>
        response.destroy(),
      )
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** Begins an event stream. */
export function streamOn(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.flushHeaders()
  return response
}

/** Sends each part by itself, so that it comes as a chunk of its own. */
export async function inParts(response: ServerResponse, parts: Iterable<Uint8Array | string>): Promise<void> {
  for (const part of parts) {
    await new Promise<void>((written) => response.write(part, () => written()))
    await new Promise((turn) => setImmediate(turn))
  }
}
