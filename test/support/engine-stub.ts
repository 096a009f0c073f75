import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Recorded {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

interface Answer {
  status?: number
  body?: unknown
}

/** An engine of words alone: it records what reaches it, and answers as it is told to. */
export async function startEngineStub(answer: (request: Recorded) => Answer | Promise<Answer> = () => ({})) {
  const requests: Recorded[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const recorded = { method, url, headers, body: await text(request) }
    requests.push(recorded)
    const { status = 200, body = {} } = await answer(recorded)
    response.writeHead(status, { 'content-type': 'application/json', 'x-secret': 'of the engine' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  return {
    host: `tcp://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
