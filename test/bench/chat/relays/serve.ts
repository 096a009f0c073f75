import { createServer, type ServerResponse } from 'node:http'
import type { RunningRelay } from './relay.ts'

/** A bare `node:http` server for the peers: no framework, no validation, no metrics to slow them down. */
export async function serve(
  attach: (chat: string, response: ServerResponse) => Promise<void>,
): Promise<RunningRelay> {
  const server = createServer((request, response) => {
    const chat = new URL(request.url ?? '/', 'http://relay').searchParams.get('chat_id') ?? ''
    attach(chat, response).catch((error: unknown) => {
      if (!response.destroyed) process.stderr.write(`the relay failed: ${String(error)}\n`)
      response.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}` }
}

export const EVENT_STREAM = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }
