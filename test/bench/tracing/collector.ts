import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Takes traces by OTLP over HTTP, counts their spans and keeps nothing. */
export interface CountingCollector {
  url: string
  readonly spans: number
  close(): Promise<void>
}

export async function startCollector(): Promise<CountingCollector> {
  let spans = 0
  const server = createServer((request, response) => {
    request.setEncoding('latin1')
    request.on('data', (part: string) => {
      spans += part.split('"spanId"').length - 1
    })
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    get spans() {
      return spans
    },
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
