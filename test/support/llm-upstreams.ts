import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { UpstreamStep, Wire } from './llm-wire.ts'
import { anthropicWire } from './llm-wire-anthropic.ts'
import { openAiWire } from './llm-wire-openai.ts'

export type { UpstreamStep } from './llm-wire.ts'
export { PIECES } from './llm-wire.ts'

/** A request as it came in. */
export interface UpstreamRequest {
  path: string
  headers: IncomingMessage['headers']
  // biome-ignore lint/suspicious/noExplicitAny: whatever the SDK sends; tests look into it
  body: any
  /** Resolves when the client has gone away before the answer was complete. */
  aborted: Promise<void>
}

export interface LlmUpstream {
  /** As the SDK wants it: with `/v1` for OpenAI, without for Anthropic. */
  url: string
  requests: UpstreamRequest[]
  /** Answers further requests like this; the last step goes on for ever. */
  play(...steps: UpstreamStep[]): void
  /** Resolves with the next request that arrives. */
  next(): Promise<UpstreamRequest>
  close(): Promise<void>
}

export const KEY = 'sk-test-4f1d9c'
/** The upstreams know every model but this. */
export const UNKNOWN_MODEL = 'no-such-model'

/** Speaks like OpenAI's chat completions; Ollama, vLLM and others do as well. */
export function startOpenAiUpstream(...steps: UpstreamStep[]): Promise<LlmUpstream> {
  return startUpstream(openAiWire, steps)
}

/** Speaks like Anthropic's messages API. */
export function startAnthropicUpstream(...steps: UpstreamStep[]): Promise<LlmUpstream> {
  return startUpstream(anthropicWire, steps)
}

async function startUpstream(wire: Wire, first: readonly UpstreamStep[]): Promise<LlmUpstream> {
  let script: UpstreamStep[] = [...first]
  const requests: UpstreamRequest[] = []
  const waiting: ((request: UpstreamRequest) => void)[] = []
  const sockets = new Set<Socket>()

  const take = () => (script.length > 1 ? script.shift() : script[0]) ?? {}

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}')
      const aborted = new Promise<void>((resolve) => {
        response.once('close', () => {
          if (!response.writableFinished) resolve()
        })
      })
      const seen = { path: request.url ?? '', headers: request.headers, body, aborted }
      requests.push(seen)
      waiting.shift()?.(seen)
      answer(wire, checked(wire, seen, take), body, response)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${wire.prefix}`,
    requests,
    play(...steps) {
      script = steps
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}

/** What every provider checks first. */
function checked(wire: Wire, request: UpstreamRequest, take: () => UpstreamStep): UpstreamStep {
  const { path, headers, body } = request
  const key = wire.keyOf(headers)
  if (path !== wire.path) return { status: 404, error: { message: `no route ${path}` } }
  if (key !== undefined && key !== KEY && key !== 'none')
    return { status: 401, error: { code: 'invalid_api_key', message: `Incorrect API key provided: ${key}` } }
  if (body.model === UNKNOWN_MODEL) return { status: 404, error: wire.modelUnknown(body.model) }
  const refused = wire.refuses?.(body)
  if (refused !== undefined)
    return { status: 400, error: { message: `${refused}: Extra inputs are not permitted` } }
  return take()
}

function answer(
  wire: Wire,
  step: UpstreamStep,
  body: { model: string; stream?: boolean },
  response: ServerResponse,
): void {
  if (step.hang) return
  const send = () => {
    if (step.status !== undefined && step.status !== 200) {
      json(response, step.status, wire.error(step.status, step.error ?? {}), step.headers)
    } else if (body.stream) sendStream(wire, step, body.model, response)
    else if (step.raw !== undefined) response.writeHead(200, JSON_TYPE).end(step.raw)
    else json(response, 200, wire.answer(step, body.model), step.headers)
  }
  if (step.delay === undefined) send()
  else setTimeout(send, step.delay).unref()
}

const JSON_TYPE = { 'content-type': 'application/json' }

function json(response: ServerResponse, status: number, body: object, headers = {}): void {
  response.writeHead(status, { ...JSON_TYPE, ...headers }).end(JSON.stringify(body))
}

function sendStream(wire: Wire, step: UpstreamStep, model: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...step.headers })
  if (step.raw !== undefined) return void response.end(step.raw)
  const { head, pieces, tail, error } = wire.frames(step, model)
  const { after } = step
  response.write(head)
  for (const piece of after ? pieces.slice(0, after.pieces) : pieces) response.write(piece)
  if (!after) response.end(tail)
  else if (after.ends === 'clean') response.end()
  else if (after.ends === 'error') response.end(error)
  // Written first, so that the client has what came before.
  else if (after.ends === 'cut') response.write(': cut\n\n', () => setImmediate(() => response.destroy()))
}
